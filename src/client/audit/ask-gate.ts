import * as v from 'valibot'
import {
  baseErrors,
  describeError,
  parseJson,
  WheelsealError,
  type Http,
  type HttpResponse,
} from '../../base/index.ts'
import { parseVersion } from '../../formats/python/index.ts'
import { gateErrors, type ReleaseReport } from '../../gate/index.ts'
import { errorWords } from '../../net/index.ts'
import type { GateUrl } from '../gate-url/index.ts'
import { whyErrors } from '../why/errors.ts'
import { releaseSchema } from '../why/report-schema.ts'

export interface ReleaseKey {
  /** Normalised. */
  readonly name: string
  readonly version: string
}

export type ReleaseAnswer =
  | { readonly kind: 'report'; readonly report: ReleaseReport }
  /** The gate knows no such release. */
  | { readonly kind: 'unknown' }
  /** The gate is there, and has no answer for this release. */
  | { readonly kind: 'failed'; readonly fact: string }

const AT_ONCE = 8
const MAX_BYTES = 8 << 20
const JSON_LIMITS = { maxLength: MAX_BYTES, maxDepth: 8, maxValues: 500_000 }

export interface AskIo {
  /** Tries again what is transient. */
  readonly http: Http
  readonly signal: AbortSignal
  readonly onEach?: () => void
}

/** The same for versions that are equal. */
export function releaseKey({ name, version }: ReleaseKey): string {
  return `${name} ${parseVersion(version).key}`
}

/**
 * What the gate says of each release, by `releaseKey`: each asked for once, eight at once. Throws `gate.upstream` where
 * the gate does not answer at all, `client.gate-access` where it answers nobody.
 */
export async function askGate(
  gate: GateUrl,
  releases: readonly ReleaseKey[],
  io: AskIo,
): Promise<ReadonlyMap<string, ReleaseAnswer>> {
  const answers = new Map<string, ReleaseAnswer>()
  const open = [...new Map(releases.map((one) => [releaseKey(one), one]))].toReversed()
  const stop = new AbortController()
  const signal = AbortSignal.any([io.signal, stop.signal])
  const work = async (): Promise<void> => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [key, release] = next
      answers.set(key, await askRelease(gate, release, { ...io, signal }))
      io.onEach?.()
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } finally {
    // The others of a gate that is down are not waited for.
    stop.abort(new Error('another request has failed'))
  }
  return answers
}

async function askRelease(gate: GateUrl, release: ReleaseKey, io: AskIo): Promise<ReleaseAnswer> {
  const url = `${gate.url}/why/${encodeURIComponent(release.name)}/${encodeURIComponent(release.version)}`
  try {
    const { authorization } = gate
    const headers = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
    }
    const response = await io.http.request({ method: 'GET', url, headers, signal: io.signal })
    return await answerOf(response, { url, release })
  } catch (error) {
    throw gateDown(error) ?? error
  }
}

const DOWN: ReadonlySet<string> = new Set(['net.unreachable', 'net.timeout', 'net.overloaded'])

/** Undefined for an error of another kind. */
export function gateDown(error: unknown): WheelsealError | undefined {
  if (!(error instanceof WheelsealError) || !DOWN.has(error.code)) return undefined
  return gateErrors('gate.upstream', `the gate does not answer: ${describeError(error)}`, {
    cause: error,
    hint: 'check that the gate runs, and its URL; nothing was audited',
  })
}

interface Asked {
  readonly url: string
  readonly release: ReleaseKey
}

async function answerOf(response: HttpResponse, { url, release }: Asked): Promise<ReleaseAnswer> {
  const { status } = response
  if (status === 200) return readReport(await response.text(MAX_BYTES), { url, release })
  const words = await errorWords(response)
  if (status === 404) return { kind: 'unknown' }
  if (status === 401 || status === 403)
    throw whyErrors('client.gate-access', `${url} answered ${status}: ${words}`)
  return { kind: 'failed', fact: `the gate answered ${status}: ${words}` }
}

/** An answer of something else than a gate, or about another release, decides nothing. */
function readReport(text: string, { url, release }: Asked): ReleaseAnswer {
  try {
    const report = v.parse(releaseSchema, parseJson(text, JSON_LIMITS), { abortEarly: true })
    if (
      report.name !== release.name ||
      parseVersion(report.version).key !== parseVersion(release.version).key
    )
      throw baseErrors('base.json', `it is about ${report.name} ${report.version}`)
    return { kind: 'report', report }
  } catch (error) {
    if (!(error instanceof WheelsealError) && !v.isValiError(error)) throw error
    return { kind: 'failed', fact: `${url} answered with no report: ${describeError(error)}` }
  }
}
