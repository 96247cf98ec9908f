import { readFile } from 'node:fs/promises'

/** Where Debian's policy and systemd's leave room: neither users of people nor of services. */
const FIRST_UID = 60_001
const LAST_UID = 60_999

/**
 * Whom a job is on the host. A runner that is root makes it a user that owns nothing here; any other is its own job's
 * user, and so is the root of a user namespace in which that one does not exist.
 */
export async function jobUid(): Promise<number | null> {
  if (process.geteuid?.() !== 0) return null
  const [passwd, map] = await Promise.all([textOf('/etc/passwd'), textOf('/proc/self/uid_map')])
  const taken = new Set(passwd.split('\n').map((line) => Number(line.split(':')[2])))
  for (let uid = FIRST_UID; uid <= LAST_UID; uid += 1) {
    if (!taken.has(uid)) return isMapped(map, uid) ? uid : null
  }
  return null
}

function isMapped(map: string, uid: number): boolean {
  return map.split('\n').some((line) => {
    const [inside = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number)
    return uid >= inside && uid < inside + count
  })
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}
