import { dirname, resolve } from 'node:path'
import * as v from 'valibot'
import { describeError, utf8Decode, type Files } from '../../base/index.ts'
import { parseToml } from '../../formats/toml/index.ts'
import { serverErrors } from '../errors.ts'
import { gateConfiguration, Gates, type GateConfiguration, type UpstreamLogin } from './configuration.ts'

/** A gate as flags describe it. */
export interface GateFlags {
  readonly name: string
  readonly policy: string
  readonly mode?: string | undefined
  readonly upstreams: readonly UpstreamFlags[]
}

export interface UpstreamFlags {
  readonly url: string
  readonly files: readonly string[]
  readonly seals?: string | undefined
  readonly trust?: string | undefined
  /** Of the index, sent nowhere else. */
  readonly login?: UpstreamLogin | undefined
}

const GITLAB_INDEX = /\/api\/v4\/(?:projects|groups)\/[^/]+\/(?:-\/)?packages\/pypi\/simple\/?$/

/** Relative paths are those of the working directory. Throws `server.configuration`. */
export function gatesOfFlags({ name, policy, mode, upstreams }: GateFlags): readonly GateConfiguration[] {
  const table = {
    name,
    policy,
    ...(mode === undefined ? {} : { mode }),
    upstreams: upstreams.map(({ url, files, seals, trust }, index) => ({
      name: index === 0 ? 'upstream' : `upstream-${index + 1}`,
      url,
      files,
      seals: seals ?? (GITLAB_INDEX.test(url) ? 'generic' : 'provenance'),
      ...(trust === undefined ? {} : { trust }),
    })),
  }
  const result = v.safeParse(Gates, [table], { abortEarly: true })
  if (result.success)
    return result.output.map((one) => withLogins(gateConfiguration(one, process.cwd()), upstreams))
  const [issue] = result.issues
  const path = (issue.path ?? []).map(({ key }) => String(key)).slice(1)
  throw serverErrors('server.configuration', `${path.join('.')} ${issue.message}`)
}

function withLogins(gate: GateConfiguration, flags: readonly UpstreamFlags[]): GateConfiguration {
  const upstreams = gate.upstreams.map((one, index) => {
    const login = flags[index]?.login
    if (login === undefined || one.place.kind !== 'index') return one
    return { ...one, place: { ...one.place, login } }
  })
  return { ...gate, upstreams }
}

const MAX_BYTES = 64 << 10
const Configuration = v.object({ gates: v.optional(Gates, []) })

/** `[[gates]]` of a file, whatever else stands in it. Throws `server.configuration`. */
export async function gatesOfFile(path: string, files: Files): Promise<readonly GateConfiguration[]> {
  let toml: string
  try {
    toml = utf8Decode(await files.read(path, MAX_BYTES))
  } catch (cause) {
    throw serverErrors('server.configuration', describeError(cause), { cause })
  }
  const result = parseToml(toml, Configuration)
  if (!result.ok) {
    const { position, fact, hint } = result.complaint
    throw serverErrors(
      'server.configuration',
      `${path}:${position}: ${fact}`,
      hint === undefined ? {} : { hint },
    )
  }
  if (result.value.gates.length === 0)
    throw serverErrors('server.configuration', `${path} has no [[gates]]`, {
      hint: 'add a table [[gates]], or use --upstream and --policy',
    })
  return result.value.gates.map((one) => gateConfiguration(one, dirname(resolve(path))))
}
