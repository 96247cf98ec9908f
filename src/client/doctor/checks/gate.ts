import { describeError, parseJson, utf8Decode } from '../../../base/index.ts'
import type { GateStatus } from '../../../gate/index.ts'
import {
  extraIndexes,
  findGate,
  projectIndexes,
  type GatePlace,
  type GateUrl,
  type ProjectIndexes,
} from '../../gate-url/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { DoctorIo } from '../io.ts'
import { shownValue } from '../shown.ts'

/** The gate that installers are aimed at: whether it answers, what passes it by, and how it is where it runs here. */
export const gateCheck: Check = {
  name: 'gate',
  effectOf: ['proxies', 'authorities'],
  look: async ({ io }) => {
    const place = { flag: undefined, env: io.env, home: io.env['HOME'] ?? '', files: io.files }
    const gate = await findGate(place)
    if (gate === undefined)
      return [skipped('no gate: neither WHEELSEAL_GATE nor an index of pip or uv is one')]
    return [await reached(io, gate), ...(await besides(io, place, gate)), ...(await running(io, gate))]
  },
}

/** A link of no refusal: who may read the gate is told so, and no upstream is asked. */
const PROBE = 'why/00000000'
const MAX_BYTES = 256 << 10

async function reached(io: DoctorIo, gate: GateUrl): Promise<Finding> {
  const { url, name, from, authorization } = gate
  const login = authorization === undefined ? {} : { authorization: authorization.reveal() }
  const headers = { accept: 'application/json', ...login }
  const where = `${shownValue(url)} (${from})`
  try {
    const answer = await io.http.request({ method: 'GET', url: `${url}/${PROBE}`, headers })
    const code = codeIn(await answer.bytes(MAX_BYTES))
    if (code === 'gate.unknown') return ok(`gate ${shownValue(name)} answers at ${where}`)
    return notReadable(where, answer.status)
  } catch (error) {
    return failed({
      fact: `the gate at ${where} does not answer: ${describeError(error)}`,
      reason: 'installers that have no other index install nothing',
      next: `correct ${from}; where the gate should run, start it with 'wheelseal gate up'`,
    })
  }
}

function codeIn(bytes: Uint8Array): unknown {
  try {
    return Object(parseJson(utf8Decode(bytes), { maxLength: MAX_BYTES }))['code']
  } catch {
    return undefined
  }
}

function notReadable(where: string, status: number): Finding {
  if (status === 401 || status === 403)
    return failed({
      fact: `the gate at ${where} answers ${status}: ${status === 401 ? 'it asks for a token' : 'this token may not read it'}`,
      next: 'put a token that may read packages into the URL of the index: http://USER:TOKEN@HOST/gate/NAME/simple/',
    })
  return failed({
    fact: `no gate at ${where}: it answers ${status}`,
    next: "compare the URL with what 'wheelseal gate up' or 'wheelseal up' printed",
  })
}

/** An index that is asked too gives what the gate refuses. */
async function besides(io: DoctorIo, place: GatePlace, gate: GateUrl): Promise<readonly Finding[]> {
  const { indexes, unread } = await projectIndexes(io)
  const extras = [...(await extraIndexes(place)), ...indexes].filter(({ url }) => !isOf(url, gate))
  const [first] = extras
  if (first === undefined) return unreadFiles(unread)
  const lines = extras.map(({ url, from }) => `${shownIndex(url)} (${shownValue(from)})`)
  return [
    warning({
      fact: `an extra index passes the gate by: ${lines[0] ?? ''}`,
      reason: 'installers take from it what the gate refuses',
      next: `remove it from ${shownValue(first.from)}, or make it an upstream of the gate`,
      ...(lines.length > 1 ? { details: lines.slice(1) } : {}),
    }),
    ...unreadFiles(unread),
  ]
}

function unreadFiles(unread: ProjectIndexes['unread']): readonly Finding[] {
  return unread.map(({ from, why }) =>
    warning({
      fact: `${shownValue(from)} cannot be read: ${shownValue(why)}`,
      reason: 'an index that it names would pass the gate by',
      next: 'correct the file',
    }),
  )
}

function isOf(text: string, { url }: GateUrl): boolean {
  if (!URL.canParse(text)) return false
  const { origin, pathname } = new URL(text)
  return `${origin}${pathname}/`.startsWith(`${url}/`)
}

/** What is no URL may have a password all the same. */
function shownIndex(text: string): string {
  return shownValue(URL.canParse(text) ? text : text.replace(/\/\/[^@/]{0,200}@/, '//'))
}

/** As `wheelseal gate status` has it, of gates whose data directory is that of this user. */
async function running({ gates }: DoctorIo, { name }: GateUrl): Promise<readonly Finding[]> {
  const found = (await gates()).filter(({ gate }) => gate === name)
  return found.flatMap((status) => failingUpstreams(status).concat(endings(status)))
}

function failingUpstreams({ gate, upstreams }: GateStatus): readonly Finding[] {
  return upstreams.flatMap(({ name, failedAt, fact }) =>
    failedAt === null
      ? []
      : [
          warning({
            fact: `upstream ${name} of gate ${gate} gives no usable answer since ${failedAt}: ${shownValue(fact ?? '')}`,
            reason: 'the gate serves what it has kept, until that is too old',
            next: "see 'wheelseal gate status' for how long already, and ask the upstream from this machine",
          }),
        ],
  )
}

function endings({ gate, soon }: GateStatus): readonly Finding[] {
  const [first, ...details] = soon
  if (first === undefined) return []
  return [
    warning({
      fact: `gate ${gate}: ${shownValue(first)}`,
      next: "see 'wheelseal gate status'",
      ...(details.length === 0 ? {} : { details }),
    }),
  ]
}
