import { createHash } from 'node:crypto'
import type { Files, Http } from '../../base/index.ts'
import type { RefusalReport, ReleaseReport, ReportedOutcome } from '../../gate/index.ts'
import { findGate, requireGate, type GatePlace } from '../gate-url/index.ts'
import type { Environment } from '../settings/index.ts'
import { askRefusal, askRelease, type AskedGate } from './ask.ts'
import { readQuestion, type Question } from './question.ts'

export interface WhyIo {
  readonly env: Environment
  readonly files: Pick<Files, 'readIfThere' | 'exists' | 'stream'>
  readonly http: Http
  /** Of the user, for pip's configuration. */
  readonly home: string
}

/** A file that was asked about. */
export interface AskedFile {
  readonly fileName: string
  /** Of the file on this machine, lower-case hex; null where it is not here. */
  readonly sha256: string | null
  /**
   * `same` as the gate has it; `other`: another file of that name; `not listed`: the release has none of that name, or
   * the gate knows no digest of it; `not here`: there was nothing to compare.
   */
  readonly compared: 'same' | 'other' | 'not listed' | 'not here'
}

export interface Why {
  /** Ends in `/gate/NAME`. */
  readonly gateUrl: string
  readonly report: ReleaseReport
  /** Where the link of one was asked about. */
  readonly refusal: RefusalReport | null
  /** Where a file was asked about. */
  readonly file: AskedFile | null
  /** Of what was asked about: the file, where the gate lists it, else the release. */
  readonly outcome: ReportedOutcome
  /** `outcome` is allowed, and a file on this machine is the one that is. */
  readonly isAllowed: boolean
}

/**
 * What a running gate says of a release, a file or a refusal. Throws `client.why-question`, `client.no-gate`,
 * `client.gate-url`, `client.gate`, `client.gate-unknown`, `client.gate-access`, `host.file`.
 */
export async function askWhy(
  text: string,
  { gate: flag }: { readonly gate?: string | undefined },
  io: WhyIo,
): Promise<Why> {
  const question = readQuestion(text)
  const gate = await gateOf(question, { flag, ...io })
  if (question.kind === 'refusal') {
    const { report, refusal } = await askRefusal(io.http, gate, question.id)
    return whyOf(gate, { report, refusal, file: null })
  }
  const report = await askRelease(io.http, gate, question)
  const file = question.kind === 'file' ? await compare(question, report, io) : null
  return whyOf(gate, { report, refusal: null, file })
}

/** Credentials are those of the configured gate, and go nowhere else. */
async function gateOf({ gate }: Question, place: GatePlace): Promise<AskedGate> {
  if (gate === undefined) return requireGate(place)
  const configured = await findGate(place)
  if (configured !== undefined && [configured.url, bare(configured.url)].includes(gate)) return configured
  return { url: /^https?:\/\//i.test(gate) ? gate : `${schemeFor(gate)}://${gate}` }
}

function bare(url: string): string {
  return url.replace(/^https?:\/\//, '')
}

/** A gate in a network has TLS; one on this machine has none. */
function schemeFor(gate: string): 'http' | 'https' {
  return /^(?:localhost|127\.[0-9.]+|\[::1\])(?::\d+)?\//i.test(gate) ? 'http' : 'https'
}

function whyOf(gate: AskedGate, found: Pick<Why, 'report' | 'refusal' | 'file'>): Why {
  const { report, file } = found
  const listed = report.files.find(({ fileName }) => fileName === file?.fileName)
  const outcome = listed?.outcome ?? report.outcome
  const isSame =
    file === null || file.compared === 'same' || (file.compared === 'not here' && listed !== undefined)
  return { gateUrl: gate.url, ...found, outcome, isAllowed: outcome === 'allowed' && isSame }
}

async function compare(
  { fileName, path }: { readonly fileName: string; readonly path?: string },
  { files: listed }: ReleaseReport,
  { files }: WhyIo,
): Promise<AskedFile> {
  if (path === undefined || !(await files.exists(path)))
    return { fileName, sha256: null, compared: 'not here' }
  const hash = createHash('sha256')
  for await (const part of files.stream(path)) hash.update(part)
  const sha256 = hash.digest('hex')
  const known = listed.find((file) => file.fileName === fileName)?.sha256 ?? null
  if (known === null) return { fileName, sha256, compared: 'not listed' }
  return { fileName, sha256, compared: known === sha256 ? 'same' : 'other' }
}
