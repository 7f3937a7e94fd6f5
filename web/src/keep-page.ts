/** Has the service worker keep the page, and what of it was loaded before the worker was there. */

export function keepPage(): void {
  // Only where the page is really built: while it is being worked on, a cache would hide every change.
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  void navigator.serviceWorker
    .register('/sw.js')
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => {
      const assets = performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => new URL(name).pathname.startsWith('/assets/'))
      active?.postMessage(assets)
    })
    .catch((error: unknown) => console.warn('The page will not be there without a line:', error))
}
