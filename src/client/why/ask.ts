import * as v from 'valibot'
import { parseJson, WheelsealError, type Http, type HttpResponse } from '../../base/index.ts'
import { parseVersion } from '../../formats/python/index.ts'
import type { RefusalReport, ReleaseReport } from '../../gate/index.ts'
import { errorWords } from '../../net/index.ts'
import type { GateUrl } from '../gate-url/index.ts'
import { whyErrors } from './errors.ts'
import { linkedSchema, releaseSchema } from './report-schema.ts'

export type AskedGate = Pick<GateUrl, 'url' | 'authorization'>

const MAX_BYTES = 8 << 20
const LIMITS = { maxLength: MAX_BYTES, maxDepth: 8, maxValues: 200_000 }

/** What the gate says of a release now. Throws `client.gate`, `client.gate-unknown`, `client.gate-access`. */
export async function askRelease(
  http: Http,
  gate: AskedGate,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<ReleaseReport> {
  const path = `${encodeURIComponent(name)}/${encodeURIComponent(version)}`
  const report = await ask(http, { gate, path, schema: releaseSchema })
  if (report.name !== name || keyOf(report.version) !== parseVersion(version).key)
    throw whyErrors('client.gate', `${gate.url} answered of ${report.name} ${report.version}`)
  return report
}

/** The same by the link of a refusal, with what that was. */
export async function askRefusal(
  http: Http,
  gate: AskedGate,
  id: string,
): Promise<{ readonly report: ReleaseReport; readonly refusal: RefusalReport }> {
  const { refusal, ...report } = await ask(http, { gate, path: id, schema: linkedSchema })
  if (refusal.id !== id) throw whyErrors('client.gate', `${gate.url} answered of the refusal ${refusal.id}`)
  return { report, refusal }
}

function keyOf(version: string): string | undefined {
  try {
    return parseVersion(version).key
  } catch {
    return undefined
  }
}

interface Asked<T> {
  readonly gate: AskedGate
  /** Below `why/`. */
  readonly path: string
  readonly schema: v.GenericSchema<unknown, T>
}

async function ask<T>(http: Http, { gate, path, schema }: Asked<T>): Promise<T> {
  const url = `${gate.url}/why/${path}`
  try {
    const response = await http.request({ method: 'GET', url, headers: headersFor(gate) })
    if (response.status !== 200) throw await failure(response, url)
    return v.parse(schema, parseJson(await response.text(MAX_BYTES), LIMITS), { abortEarly: true })
  } catch (error) {
    throw told(error, url)
  }
}

function headersFor({ authorization }: AskedGate): Readonly<Record<string, string>> {
  return {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...(authorization !== undefined && { authorization: authorization.reveal() }),
  }
}

const CODES: Readonly<Record<number, 'client.gate-unknown' | 'client.gate-access'>> = {
  401: 'client.gate-access',
  403: 'client.gate-access',
  404: 'client.gate-unknown',
}

async function failure(response: HttpResponse, url: string): Promise<WheelsealError> {
  const { status } = response
  // GitLab's form, which says the status once more.
  const words = (await errorWords(response)).replace(/^\d{3} [A-Za-z ]{1,40} - /, '')
  return whyErrors(CODES[status] ?? 'client.gate', `${url} answered ${status}: ${words}`)
}

/** A gate that is down, slow or something else is one kind of failure; a wrong URL or proxy is its own. */
function told(error: unknown, url: string): unknown {
  if (v.isValiError(error)) {
    const [{ message }] = error.issues
    const where = v.getDotPath(error.issues[0]) ?? 'the whole'
    return whyErrors('client.gate', `${url} answered with no report: ${where}: ${message}`, { cause: error })
  }
  if (!(error instanceof WheelsealError)) return error
  if (!['net.unreachable', 'net.timeout', 'base.json', 'base.too-large'].includes(error.code)) return error
  return whyErrors('client.gate', `${url}: ${error.message}`, { cause: error })
}
