/**
 * The issuer's keys on disk. A file's time is the key's: when it was published, or when it signed last; where a backup
 * loses it, the key only stays longer in its role.
 *
 *     keys/issuer.pem                the current key
 *     keys/issuer-next.pem           published, signs later
 *     keys/issuer-previous-ID.pem    published, signs no more; ID is the beginning of its key id
 */
import { generateKeyPair, type KeyObject } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../../base/index.ts'
import { readKeyFile, systemFiles, writeKeyFile } from '../../host/index.ts'
import {
  createKeyRing,
  PUBLISHED_AFTER_MS,
  PUBLISHED_BEFORE_MS,
  signingKey,
  type DatedKey,
  type KeyRing,
} from '../../trust/issuer/index.ts'

/**
 * `publish`: a new key is published and signs a day later; `now`: it signs at once, and verifiers that cache the key set
 * refuse its tokens until they fetch it; `revoke`: as `now`, and no other key counts any more.
 */
export type Rotation = 'publish' | 'now' | 'revoke'

export interface IssuerKeys {
  readonly ring: () => KeyRing
  /** Durable when it resolves; one at a time. `publish` while a key waits already changes nothing. */
  rotate(how: Rotation): Promise<void>
}

const CURRENT = 'issuer.pem'
const NEXT = 'issuer-next.pem'
const PREVIOUS = /^issuer-previous-[A-Za-z0-9_-]{8}\.pem$/
const RSA_BITS = 2048

/** Throws `host.key-file`, `issuer.key`. */
export async function openIssuerKeys(data: string, clock: Clock): Promise<IssuerKeys> {
  const folder = join(data, 'keys')
  let ring = await settled(folder, clock)
  let turn: Promise<unknown> = Promise.resolve()
  const rotateNow = async (how: Rotation): Promise<void> => {
    // A key whose time came while the server ran must not pass for the new one.
    await settled(folder, clock)
    await rotations[how](folder)
    ring = await settled(folder, clock)
  }
  return {
    ring: () => ring,
    rotate: (how) => {
      const done = turn.then(() => rotateNow(how))
      turn = done.catch(() => undefined)
      return done
    },
  }
}

export async function newIssuerKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS })
  return privateKey
}

const rotations: Readonly<Record<Rotation, (folder: string) => Promise<void>>> = {
  publish: async (folder) => {
    if (!(await systemFiles.exists(join(folder, NEXT))))
      await writeKeyFile(join(folder, NEXT), await newIssuerKey())
  },
  now: async (folder) => {
    await rotations.publish(folder)
    await promote(folder)
  },
  revoke: async (folder) => {
    // The new key first: whatever is cut after it, no token is signed with the old one again.
    await writeKeyFile(join(folder, CURRENT), await newIssuerKey())
    for (const name of [NEXT, ...(await previousFiles(folder))]) await systemFiles.remove(join(folder, name))
  },
}

/**
 * The next key becomes the current one, in three durable steps. Cut after the first or the second one, a key stands in
 * two files; the ring counts it once, and the next start or rotation goes on.
 */
async function promote(folder: string): Promise<void> {
  const current = await readKeyFile(join(folder, CURRENT))
  const next = await readKeyFile(join(folder, NEXT))
  if (!current.equals(next)) {
    await writeKeyFile(join(folder, previousName(current)), current)
    await writeKeyFile(join(folder, CURRENT), next)
  }
  await systemFiles.remove(join(folder, NEXT))
}

function previousName(key: KeyObject): string {
  return `issuer-previous-${signingKey(key).id.slice(0, 8)}.pem`
}

/** Moves the files to where time has brought the keys, and reads them. */
async function settled(folder: string, clock: Clock): Promise<KeyRing> {
  const next = await datedKey(folder, NEXT)
  if (next !== undefined && clock.nowMs() >= next.sinceMs + PUBLISHED_BEFORE_MS) {
    await promote(folder)
    return settled(folder, clock)
  }
  const previous: DatedKey[] = []
  for (const name of await previousFiles(folder)) {
    const key = await datedKey(folder, name)
    if (key === undefined) continue
    if (clock.nowMs() < key.sinceMs + PUBLISHED_AFTER_MS) previous.push(key)
    else await systemFiles.remove(join(folder, name))
  }
  return createKeyRing({ current: await readKeyFile(join(folder, CURRENT)), next, previous })
}

async function datedKey(folder: string, name: string): Promise<DatedKey | undefined> {
  const path = join(folder, name)
  if (!(await systemFiles.exists(path))) return undefined
  return { key: await readKeyFile(path), sinceMs: (await stat(path)).mtimeMs }
}

async function previousFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => PREVIOUS.test(name)).toSorted()
}
