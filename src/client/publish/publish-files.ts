import { readCapped, utf8Decode, type Clock, type Files, type Http } from '../../base/index.ts'
import {
  createGitlabPackages,
  exchangeIdToken,
  idTokenVariable,
  type GitlabPackagesOptions,
} from '../../net/index.ts'
import {
  publishRelease,
  readLocalFiles,
  type LocalChoice,
  type PublishedFile,
  type PublishEvents,
} from '../../packaging/index.ts'
import { readMetadata } from './read-metadata.ts'
import { basicAuthorization, idTokenIn, type Target, type TokenChoice } from './target.ts'

export interface PublishIo {
  readonly files: Files
  readonly http: Http
  readonly clock: Clock
  readonly standardInput: () => AsyncIterable<Uint8Array>
}

const MAX_TOKEN_BYTES = 16 << 10

/** Throws `packaging.…`, `net.…`, `host.file`. */
export async function publishFiles(
  choice: LocalChoice & Target,
  io: PublishIo,
  events: PublishEvents,
): Promise<readonly PublishedFile[]> {
  const { api, project, token } = choice
  const release = await readLocalFiles(choice, { files: io.files, readMetadata })
  const login = await authorize(token, api, io)
  const registry = createGitlabPackages({ http: io.http, clock: io.clock, api, project, ...login })
  return publishRelease({ files: release, seals: choice.seals }, { registry, clock: io.clock }, events)
}

type Login = Pick<GitlabPackagesOptions, 'authorization' | 'reading'>

async function authorize(token: TokenChoice, api: string, io: PublishIo): Promise<Login> {
  if (token.kind === 'id token') return authorizeByIdToken(token, api, io)
  const text = token.kind === 'text' ? token.text : await tokenIn(token.path, io)
  const authorization = basicAuthorization(token.user, text)
  return { authorization, reading: authorization }
}

async function authorizeByIdToken(
  { variable, env, reader }: TokenChoice & { readonly kind: 'id token' },
  api: string,
  { http }: PublishIo,
): Promise<Login> {
  const upload = await exchangeIdToken(http, api.replace(/\/api\/v4$/, ''), (audience) =>
    idTokenIn(variable ?? idTokenVariable(audience), env),
  )
  const reading = reader === undefined ? undefined : basicAuthorization(reader.user, reader.text)
  return { authorization: basicAuthorization('__token__', upload.reveal()), reading }
}

/** Not by the name of a device: where a program pipes, it may be a socket, which cannot be opened. */
async function tokenIn(path: string, { files, standardInput }: PublishIo): Promise<string> {
  const bytes =
    path === '-' ? readCapped(standardInput(), MAX_TOKEN_BYTES) : files.read(path, MAX_TOKEN_BYTES)
  return utf8Decode(await bytes).trim()
}
