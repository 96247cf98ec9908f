import { readCapped, utf8Decode, type Clock, type Files, type Http, type Secret } from '../../base/index.ts'
import { createGitlabPackages, exchangeIdToken, idTokenVariable } from '../../net/index.ts'
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
  const authorization = await authorize(token, api, io)
  const registry = createGitlabPackages({ http: io.http, clock: io.clock, api, project, authorization })
  return publishRelease(release, { registry, clock: io.clock }, events)
}

async function authorize(token: TokenChoice, api: string, io: PublishIo): Promise<Secret> {
  if (token.kind === 'text') return basicAuthorization(token.user, token.text)
  if (token.kind === 'id token') {
    const { variable, env } = token
    const upload = await exchangeIdToken(io.http, api.replace(/\/api\/v4$/, ''), (audience) =>
      idTokenIn(variable ?? idTokenVariable(audience), env),
    )
    return basicAuthorization('__token__', upload.reveal())
  }
  // Not by the name of a device: where a program pipes, it may be a socket, which cannot be opened.
  const bytes =
    token.path === '-'
      ? readCapped(io.standardInput(), MAX_TOKEN_BYTES)
      : io.files.read(token.path, MAX_TOKEN_BYTES)
  return basicAuthorization(token.user, utf8Decode(await bytes).trim())
}
