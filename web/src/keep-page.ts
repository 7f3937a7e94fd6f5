/** Has the service worker keep the page, and what of it was loaded before the worker was there. */

export function keepPage(): void {
  // Only where the page is really built: while it is being worked on, a cache would hide every change.
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  void navigator.serviceWorker
    .register('/sw.js')
    .then(() => keepLoaded(loaded()))
    .catch((error: unknown) => console.warn('The page will not be there without a line:', error))
}

/** Keep these addresses, as far as they are built files of the page. */
export async function keepLoaded(urls: readonly string[]): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage(urls.filter((url) => new URL(url).pathname.startsWith('/assets/')))
}

/** What the page or worker that asks has loaded. */
export function loaded(): string[] {
  return performance.getEntriesByType('resource').map(({ name }) => name)
}
