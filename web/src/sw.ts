/// <reference lib="webworker" />
/**
 * Keeps the page itself for when the server is gone. Built files never change under their name and come from the cache;
 * the page is asked for anew and comes from the cache only without a line. Nothing under /api is ever kept.
 */

declare const self: ServiceWorkerGlobalScope

const CACHE = 'allaprima-page-1'

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(['/', '/icon.svg', '/manifest.webmanifest'])))
  void self.skipWaiting()
})

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

/** The page tells what it had loaded before this worker was there. */
self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const urls: unknown = event.data
  if (!Array.isArray(urls)) return
  event.waitUntil(
    caches.open(CACHE).then(async (cache) => {
      const isHere = new Set((await cache.keys()).map((request) => request.url))
      const missing = urls.filter((url): url is string => typeof url === 'string' && !isHere.has(url))
      await Promise.all(missing.map((url) => cache.add(url).catch(() => undefined)))
    }),
  )
})

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== self.location.origin) return
  if (url.pathname.startsWith('/assets/')) event.respondWith(fromCache(event.request))
  else if (['/', '/icon.svg', '/manifest.webmanifest'].includes(url.pathname)) event.respondWith(fromServer(event.request))
})

async function fromCache(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) await cache.put(request, answer.clone())
  return answer
}

async function fromServer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE)
  try {
    const answer = await fetch(request)
    if (answer.ok) await cache.put(request, answer.clone())
    return answer
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true })
    if (kept) return kept
    throw error
  }
}

export {}
