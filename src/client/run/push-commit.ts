import { encodeBase64, printable, utf8, WheelsealError, type Secret, type Spawn } from '../../base/index.ts'
import type { ProjectVariable } from '../../repositories/index.ts'
import { clientErrors } from '../errors.ts'
import { gitIn } from './git.ts'
import type { ProjectSource } from './project-source.ts'

export interface PushOrder {
  readonly source: Pick<ProjectSource, 'repository' | 'sha' | 'ref'>
  /** Of the instance, without a path. */
  readonly url: string
  /** Of the project there. */
  readonly path: string
  readonly token: Secret
  /** For the pipeline that the push makes. */
  readonly variables: readonly ProjectVariable[]
}

export type PushResult = 'pushed' | 'up to date'

const MAX_SHOWN_LENGTH = 1_000

/** Never forced; a tag goes as the object that it is. Throws `client.push`. */
export async function pushCommit(
  order: PushOrder,
  { spawn, env }: { readonly spawn: Spawn; readonly env: Readonly<Record<string, string>> },
): Promise<PushResult> {
  const { source, url, path } = order
  const { name, type } = source.ref
  const full = type === 'tag' ? `refs/tags/${name}` : `refs/heads/${name}`
  const git = gitIn(source.repository, spawn, { ...env, ...pushEnvironment(order, env) })
  const words = ['push', '--porcelain', '--no-verify', '--no-follow-tags', '--recurse-submodules=no']
  try {
    const said = await git.run(
      ...words,
      '--',
      `${url}/${path}.git`,
      `${type === 'tag' ? full : source.sha}:${full}`,
    )
    return said.split('\n').some((line) => line.startsWith('=\t')) ? 'up to date' : 'pushed'
  } catch (error) {
    if (!(error instanceof WheelsealError)) throw error
    throw clientErrors('client.push', printable(error.message, { maxLength: MAX_SHOWN_LENGTH }), {
      cause: error,
    })
  }
}

/**
 * The token stands in no argument, URL or file: git takes settings from its environment. It goes to this server only,
 * and not where a redirect leads; no helper, dialog or file of this machine is asked for another one.
 */
function pushEnvironment(
  { url, token, variables }: PushOrder,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const basic = encodeBase64(utf8(`wheelseal:${token.reveal()}`))
  const settings: (readonly [string, string])[] = [
    ['credential.helper', ''],
    ['http.followRedirects', 'false'],
    [`http.${url}/.extraHeader`, `Authorization: Basic ${basic}`],
    ...variables.map(({ key, value }) => ['push.pushOption', `ci.variable=${key}=${value}`] as const),
  ]
  const before = /^\d{1,4}$/.test(env['GIT_CONFIG_COUNT'] ?? '') ? Number(env['GIT_CONFIG_COUNT']) : 0
  const pairs = settings.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${before + at}`, key],
    [`GIT_CONFIG_VALUE_${before + at}`, value],
  ])
  const authorities = env['GIT_SSL_CAINFO'] ?? env['SSL_CERT_FILE']
  return {
    ...Object.fromEntries(pairs),
    GIT_CONFIG_COUNT: String(before + settings.length),
    GIT_ASKPASS: '',
    GIT_TRACE_REDACT: '1',
    ...(authorities === undefined ? {} : { GIT_SSL_CAINFO: authorities }),
  }
}
