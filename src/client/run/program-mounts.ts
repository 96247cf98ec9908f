import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface ProgramMount {
  readonly host: string
  readonly job: string
}

/** In a checkout, all of what the program is read from; the rest is nobody's business. */
const OF_CHECKOUT = ['src', 'node_modules', 'package.json'] as const

/** What a job must see of this machine for `program`, this very program, to start in it: by the same paths. */
export function programMounts([runtime = '', script]: readonly string[]): readonly ProgramMount[] {
  if (script === undefined) return [same(runtime)]
  const checkout = /^(.*)\/src\/cli\/[^/]+$/.exec(script)?.[1]
  const parts =
    checkout === undefined
      ? [dirname(script)]
      : OF_CHECKOUT.map((part) => join(checkout, part)).filter((path) => existsSync(path))
  const covered = parts.some((path) => runtime.startsWith(`${path}/`))
  return [...(covered ? [] : [runtime]), ...parts].map(same)
}

function same(path: string): ProgramMount {
  return { host: path, job: path }
}
