import { arch, platform } from 'node:process'
import {
  encodeHex,
  parseJson,
  printable,
  type Clock,
  type Entropy,
  type Http,
  type HttpRequest,
  type HttpResponse,
  type Secret,
} from '../../base/index.ts'
import { requestWithRetries } from './retries.ts'

export const RUNNER_VERSION = '0.1.0'
const MAX_SHOWN_LENGTH = 200

export interface RunnerApiOptions {
  /** Of the server, without `/api/v4`; may have a path. */
  readonly serverUrl: string
  /** The runner's authentication token. */
  readonly token: Secret
  /** What the server is told of how jobs run, such as `plain`. */
  readonly executorName: string
  readonly http: Http
  readonly clock: Clock
  readonly entropy: Entropy
}

export interface JobAddress {
  readonly id: number
  readonly token: string
}

/** What all requests share. */
export interface Wire {
  readonly root: string
  readonly systemId: string
  readonly executorName: string
  readonly entropy: Entropy
  headers(more: Readonly<Record<string, string>>): Record<string, string>
  send(make: () => HttpRequest): Promise<HttpResponse>
}

export function createWire(options: RunnerApiOptions): Wire {
  return {
    root: `${options.serverUrl.replace(/\/+$/, '')}/api/v4`,
    systemId: `s_${encodeHex(options.entropy.bytes(6))}`,
    executorName: options.executorName,
    entropy: options.entropy,
    headers: (more) => ({
      'user-agent': `wheelseal-runner/${RUNNER_VERSION} (${platform}; ${arch})`,
      'x-request-id': options.entropy.uuid(),
      accept: 'application/json',
      ...more,
    }),
    send: (make) => requestWithRetries(make, options),
  }
}

/** GitLab's `{"message":…}`, short and printable. */
export function reason(text: string): string {
  try {
    const value = parseJson(text)
    const message = value !== null && typeof value === 'object' && 'message' in value ? value['message'] : ''
    return typeof message === 'string' && message !== ''
      ? `: ${printable(message, { maxLength: MAX_SHOWN_LENGTH })}`
      : ''
  } catch {
    return ''
  }
}
