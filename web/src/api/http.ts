/** Asking the server over HTTP: JSON in, JSON out, and one kind of error. Knows no address by heart. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly position: number | null = null,
    readonly suggestion: string | null = null,
    readonly retryAfter: number | null = null,
  ) {
    super(message)
  }

  /** Whether the server is not there at all, or is no server of this kind. */
  get isGone(): boolean {
    return this.status === 0
  }
}

export async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body)
  return (await answer.json().catch(() => null)) as T
}

/** The same, for a file. */
export async function askFile(method: string, path: string, body?: unknown): Promise<Blob> {
  return (await send(method, path, body)).blob()
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const isForm = body instanceof FormData
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined || isForm ? {} : { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    })
  } catch {
    throw new ApiError(0, 'The server does not answer.')
  }
  if (!answer.ok) throw refused(answer, await answer.json().catch(() => null))
  return answer
}

function refused(answer: Response, json: unknown): ApiError {
  const error = (json as { error?: Record<string, unknown> } | null)?.error ?? {}
  const message = typeof error.message === 'string' ? error.message : `The server answered ${answer.status}.`
  const wait = Number(answer.headers.get('Retry-After') ?? NaN)
  return new ApiError(
    answer.status,
    message,
    typeof error.position === 'number' ? error.position : null,
    typeof error.suggestion === 'string' ? error.suggestion : null,
    Number.isFinite(wait) ? wait : null,
  )
}
