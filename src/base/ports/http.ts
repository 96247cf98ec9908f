export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is sent chunked unless `content-length` is among the headers. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal
  /** Whole exchange; default 30,000. */
  readonly timeoutMs?: number
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
  /** The whole body. Throws `base.too-large` above `maxBytes`. */
  bytes(maxBytes: number): Promise<Uint8Array>
  text(maxBytes: number): Promise<string>
}

/**
 * One exchange. Never follows a redirect and never retries: both are the caller's decision. Throws `net.unreachable`
 * or `net.timeout`; any status is a response. An unread body must be drained or the signal aborted.
 */
export interface Http {
  request(request: HttpRequest): Promise<HttpResponse>
}
