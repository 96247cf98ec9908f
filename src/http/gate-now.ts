import type { IncomingHttpHeaders } from 'node:http'
import type { Gate, SmallAnswer } from '../gate/index.ts'
import type { AnswerNow, FindNow } from './at-once.ts'
import { fileHeaders, isTagKnown } from './file-response.ts'
import { gatePageNow } from './gate-page.ts'

/** A normalised name: any other is redirected to it. */
const PAGE = /^\/gate\/([a-z0-9-]{1,32})\/simple\/([a-z0-9]+(?:-[a-z0-9]+)*)\/$/
/** Without anything that a URL may write in two ways. */
const FILE =
  /^\/gate\/([a-z0-9-]{1,32})\/(files|recalled)\/([a-z0-9-]{1,32})\/((?:[A-Za-z0-9_+-][A-Za-z0-9._+-]*\/)*[A-Za-z0-9_+-][A-Za-z0-9._+-]*)$/
const BESIDE = /\.(?:metadata|provenance)$/
const MAX_PATH_LENGTH = 1024

/** Pages and small files of gates that anyone may read, where they are in memory. */
export function gateAnswersNow(gates: readonly Gate[]): FindNow {
  const byName = new Map(gates.map((gate) => [gate.name, gate]))
  return (path, headers) => {
    if (path.length > MAX_PATH_LENGTH) return undefined
    const [, pageGate = '', name = ''] = PAGE.exec(path) ?? []
    const gate = byName.get(pageGate)
    if (gate !== undefined) return pageNow(gate, name, headers)
    return fileNow(byName, path, headers)
  }
}

function pageNow(gate: Gate, name: string, headers: IncomingHttpHeaders): AnswerNow | undefined {
  const page = gate.pageNow(name)
  const answer = page && gatePageNow(page, headers)
  return answer && { ...answer, route: `/gate/${gate.name}/simple/:name/` }
}

function fileNow(
  gates: ReadonlyMap<string, Gate>,
  path: string,
  headers: IncomingHttpHeaders,
): AnswerNow | undefined {
  const found = headers.range === undefined ? FILE.exec(path) : null
  if (found === null) return undefined
  const [, gateName = '', place = '', upstream = '', rest = ''] = found
  const file = BESIDE.test(rest)
    ? undefined
    : gates.get(gateName)?.fileNow({ upstream, path: rest, kind: 'file' })
  return file && fileAnswer(file, `/gate/${gateName}/${place}/:upstream/*`, headers)
}

function fileAnswer(file: SmallAnswer, route: string, headers: IncomingHttpHeaders): AnswerNow {
  const own = { ...fileHeaders(file), 'Cache-Control': 'no-cache' }
  return isTagKnown(headers['if-none-match'], own.ETag)
    ? { route, status: 304, headers: own, body: null }
    : { route, status: 200, headers: own, body: file.bytes }
}
