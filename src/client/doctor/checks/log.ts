import * as v from 'valibot'
import { decodeHex, describeError, parseJson, sha256Hex, WheelsealError } from '../../../base/index.ts'
import { verifyConsistency } from '../../../formats/merkle/index.ts'
import { verifyCheckpoint, type Checkpoint } from '../../../formats/note/index.ts'
import type { TreeHead } from '../../../log/index.ts'
import type { LogKey, TrustRoot } from '../../../verify/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import type { Facts } from '../facts.ts'
import type { Service } from '../services.ts'
import { shownValue } from '../shown.ts'

const Head = v.object({ signedTreeHead: v.string(), treeID: v.string() })
const Proof = v.object({ hashes: v.array(v.string()) })
const MAX_BYTES = 64 << 10

/** A log only grows: what it shows now must contain all that it has shown this user before. */
export const logCheck: Check = {
  name: 'log',
  effectOf: ['settings', 'proxies', 'services', 'trust root', 'keys'],
  look: async (facts) => {
    const answer = (await facts.answers()).find(({ service }) => service.kind === 'rekor')
    if (answer === undefined || 'error' in answer.reply || answer.reply.status !== 200)
      return [skipped('no log was reached')]
    const start = await facts.trust().catch(() => undefined)
    if (start === undefined) return [skipped('there is no trust root to verify the log by')]
    const url = shownValue(answer.service.url)
    const shown = read(Head, answer.reply.text)
    if (shown === undefined) return [notALog(url)]
    const signed = signedBy(shown.signedTreeHead, start.trustRoot)
    if (signed === undefined)
      return [
        failed({
          fact: `the head of the log ${url} is not signed by a log of the trust root`,
          reason: 'its entries are refused when signatures are verified',
          next: 'get the trust root of this instance: wheelseal trust export --url URL --fingerprint sha256:HEX --out DIR',
        }),
      ]
    return [await compare({ ...signed, treeId: shown.treeID, service: answer.service }, facts)]
  },
}

function notALog(url: string): Finding {
  return failed({
    fact: `the log ${url} does not answer with a signed head`,
    next: 'correct the URL of the log, or look at what answers there',
  })
}

interface Signed {
  readonly key: LogKey
  readonly head: Checkpoint
}

function signedBy(note: string, { logs }: TrustRoot): Signed | undefined {
  for (const key of logs) {
    try {
      const { spki, names } = key
      return { key, head: verifyCheckpoint({ note, spki, ...(names === undefined ? {} : { names }) }) }
    } catch (error) {
      if (!(error instanceof WheelsealError)) throw error
    }
  }
  return undefined
}

type Shown = Signed & { readonly treeId: string; readonly service: Service }

async function compare(shown: Shown, facts: Facts): Promise<Finding> {
  const { head } = shown
  const { heads } = facts.io
  const place = placeOf(shown)
  const seen = await heads.newest(place).catch((error: unknown) => cannotKeep(error))
  if (seen !== undefined && 'outcome' in seen) return seen
  if (seen !== undefined && seen.size > 0) return continued({ ...shown, seen, place }, facts)
  await heads.keep(place, head)
  return ok(
    `the log ${shownValue(shown.service.url)} has ${head.size} entries, and is seen for the first time`,
  )
}

type Again = Shown & { readonly seen: TreeHead; readonly place: string }

async function continued(again: Again, facts: Facts): Promise<Finding> {
  const { head, seen, place, service } = again
  const url = shownValue(service.url)
  const grown = await isGrown(seen, again, facts)
  if (grown === 'not told') return unproved(seen.size, url)
  if (!grown) return forked(seen, again)
  if (head.size > seen.size) await facts.io.heads.keep(place, head)
  const how = head.size < seen.size ? 'is an older state of' : 'contains'
  return ok(`the log ${url} has ${head.size} entries, and ${how} the ${seen.size} entries seen before`)
}

/** A log that was set up anew under its key is another one: the number at the end of its origin is that of its tree. */
function placeOf({ head, key }: Signed): string {
  return `${sha256Hex(key.spki)}-${/ - (\d+)$/.exec(head.origin)?.[1] ?? '0'}`
}

/** A container may have no home to write to. */
function cannotKeep(error: unknown): Finding {
  return warning({
    fact: `the heads of logs cannot be kept, so that a fork goes unnoticed: ${describeError(error)}`,
    next: 'set XDG_STATE_HOME to a folder that this user can write to',
  })
}

function unproved(size: number, url: string): Finding {
  return failed({
    fact: `the log ${url} does not prove that it contains the ${size} entries seen before`,
    next: 'run wheelseal doctor again; if it is the same, ask the operator of the log',
  })
}

function forked(seen: { readonly size: number }, { head, service }: Shown): Finding {
  return failed({
    fact: `the log ${shownValue(service.url)} has ${head.size} entries that do not continue the ${seen.size} entries seen before`,
    reason: 'it was restored from a backup or set up anew, or it shows different people different entries',
    next: 'do not sign with it; ask its operator, and keep the file of heads below the state folder as evidence',
  })
}

type Grown = boolean | 'not told'

/** An older head than one that was seen is what a replica may show: then the log proves that it comes before that one. */
async function isGrown(seen: TreeHead, { head, treeId, service }: Shown, { io }: Facts): Promise<Grown> {
  const [older, newer] = head.size < seen.size ? [head, seen] : [seen, head]
  const tree = { first: older.size, second: newer.size, firstRoot: older.root, secondRoot: newer.root }
  if (older.size === newer.size) return verifyConsistency({ ...tree, proof: [] })
  if (older.size === 0) return false
  const query = `firstSize=${older.size}&lastSize=${newer.size}&treeID=${encodeURIComponent(treeId)}`
  const response = await io.http.request({
    method: 'GET',
    url: `${service.url.replace(/\/+$/, '')}/api/v1/log/proof?${query}`,
  })
  const proof = response.status === 200 ? read(Proof, await response.text(MAX_BYTES)) : undefined
  // A log that no longer knows what it has shown is a different one.
  if (proof === undefined) return newer === seen ? false : 'not told'
  return verifyConsistency({ ...tree, proof: proof.hashes.map((hex) => decodeHex(hex)) })
}

function read<T>(schema: v.GenericSchema<unknown, T>, text: string): T | undefined {
  try {
    const result = v.safeParse(schema, parseJson(text, { maxLength: 1 << 20 }))
    return result.success ? result.output : undefined
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}
