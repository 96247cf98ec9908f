import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { accessErrors, type Access } from '../access/index.ts'
import { encodeBase64, isoTime, sha256Hex, type Log } from '../base/index.ts'
import {
  makePipeline,
  repositoryErrors,
  type CommitFacts,
  type RefFacts,
  type RepositoryParts,
  type StoredFile,
} from '../repositories/index.ts'
import { projectRights, registryFailures, type Admitted } from './authenticate.ts'
import { readBodyAs } from './body.ts'
import { ownUrl } from './own-url.ts'
import { pageHeaders, readPage, type Page } from './query.ts'
import { routesOn, type Bindings } from './route.ts'

export interface RepositoryRoutesParts {
  readonly repositories: RepositoryParts
  readonly access: Access
  readonly externalUrl: string
  readonly log: Log
}

const PROJECT = '/api/v4/projects/:id'
const REPOSITORY = `${PROJECT}/repository`
/** Rows that a list has at most; later ones are not reached. */
const MOST_ROWS = 10_000
const MAX_FILE_BYTES = 10 << 20
const MAX_BODY_BYTES = 256 * 1024

/** GitLab's Repositories API, as far as release tools and pipelines ask for it. */
export function repositoryRoutes(parts: RepositoryRoutesParts): Hono<Bindings> {
  const app = new Hono<Bindings>()
  app.onError(registryFailures(parts.log))
  const route = routesOn(app)
  const may = projectRights(parts.access, { takesJobTokenHeader: true, kind: 'ordinary' })
  const read = may('read_code')
  route.get(`${REPOSITORY}/tags`, read, (context, who) => listRefs(context, who, { ...parts, kind: 'tags' }))
  route.get(`${REPOSITORY}/branches`, read, (context, who) =>
    listRefs(context, who, { ...parts, kind: 'heads' }),
  )
  route.get(`${REPOSITORY}/commits`, read, (context, who) => listCommits(context, who, parts))
  route.get(`${REPOSITORY}/commits/:ref{[^]+}`, read, async (context, who) => {
    const sha = await shaOf(parts, who, context.req.param('ref'))
    return context.json(commitRow(await commitOf(parts, who, sha), urlOf(context, who, parts)))
  })
  route.get(`${REPOSITORY}/files/:file{[^]+}`, read, (context, who) => showFile(context, who, parts))
  route.post(`${PROJECT}/pipeline`, may('create_pipeline'), (context, who) =>
    startPipeline(context, who, parts),
  )
  return app
}

/** A page, and one row more that says whether there is another. */
function window({ offset, perPage }: Page): { readonly offset: number; readonly limit: number } {
  return { offset, limit: perPage + 1 }
}

function paged(context: Context, page: Page, rows: readonly object[]): Response {
  const shown = rows.slice(0, page.perPage)
  const headers = pageHeaders({
    ...page,
    total: rows.length > page.perPage ? undefined : page.offset + shown.length,
    rowCount: shown.length,
    url: new URL(context.req.url),
  })
  return context.json(shown, 200, { ...headers, 'Cache-Control': 'private, no-store' })
}

async function listRefs(
  context: Context<Bindings>,
  who: Admitted,
  parts: RepositoryRoutesParts & { readonly kind: 'heads' | 'tags' },
): Promise<Response> {
  const page = readPage(context, MOST_ROWS)
  const search = context.req.query('search') ?? ''
  const { git } = parts.repositories
  const refs = await git.listRefs(who.project.id, { kind: parts.kind, search, ...window(page) })
  const url = urlOf(context, who, parts)
  const rows = []
  for (const ref of refs) {
    const commit = await git.commit(who.project.id, ref.sha)
    if (commit !== undefined) rows.push(refRow(ref, commit, { url, who, kind: parts.kind }))
  }
  return paged(context, page, rows)
}

interface RowPlace {
  readonly url: string
  readonly who: Admitted
  readonly kind: 'heads' | 'tags'
}

function refRow({ name, sha, message }: RefFacts, facts: CommitFacts, { url, who, kind }: RowPlace): object {
  const commit = commitRow(facts, url)
  if (kind === 'tags')
    return { name, message: message ?? '', target: sha, commit, release: null, protected: false }
  const isDefault = name === who.project.defaultBranch
  return {
    name,
    commit,
    merged: false,
    protected: isDefault,
    default: isDefault,
    web_url: `${url}/-/tree/${name}`,
  }
}

async function listCommits(
  context: Context<Bindings>,
  who: Admitted,
  parts: RepositoryRoutesParts,
): Promise<Response> {
  const page = readPage(context, MOST_ROWS)
  const sha = await shaOf(parts, who, context.req.query('ref_name') ?? who.project.defaultBranch)
  const commits = await parts.repositories.git.listCommits(who.project.id, sha, window(page))
  const url = urlOf(context, who, parts)
  return paged(
    context,
    page,
    commits.map((commit) => commitRow(commit, url)),
  )
}

/** Throws `repositories.unknown`. */
async function shaOf(
  { repositories }: RepositoryRoutesParts,
  { project }: Admitted,
  ref: string,
): Promise<string> {
  const sha = await repositories.git.resolve(project.id, ref === 'HEAD' ? project.defaultBranch : ref)
  if (sha !== undefined) return sha
  throw repositoryErrors('repositories.unknown', 'the project has no such branch, tag or commit')
}

async function commitOf(
  { repositories }: RepositoryRoutesParts,
  { project }: Admitted,
  sha: string,
): Promise<CommitFacts> {
  const commit = await repositories.git.commit(project.id, sha)
  if (commit !== undefined) return commit
  throw repositoryErrors('repositories.unknown', 'the project has no such commit')
}

function commitRow({ sha, parents, title, message, author, committer }: CommitFacts, url: string): object {
  return {
    id: sha,
    short_id: sha.slice(0, 8),
    created_at: committer.at,
    parent_ids: parents,
    title,
    message,
    author_name: author.name,
    author_email: author.email,
    authored_date: author.at,
    committer_name: committer.name,
    committer_email: committer.email,
    committed_date: committer.at,
    web_url: `${url}/-/commit/${sha}`,
  }
}

function urlOf(context: Context, { project }: Admitted, { externalUrl }: RepositoryRoutesParts): string {
  return `${ownUrl(context, externalUrl)}/${project.path}`
}

async function showFile(
  context: Context<Bindings>,
  who: Admitted,
  parts: RepositoryRoutesParts,
): Promise<Response> {
  // As it was sent: `raw` may also be the name of a file, which then comes with %2F before it.
  const isRaw = new URL(context.req.url).pathname.endsWith('/raw')
  const whole = context.req.param('file') ?? ''
  const path = isRaw ? whole.slice(0, -'/raw'.length) : whole
  const ref = context.req.query('ref') ?? who.project.defaultBranch
  const sha = await shaOf(parts, who, ref)
  const file = await parts.repositories.git.file(who.project.id, { sha, path, maxBytes: MAX_FILE_BYTES })
  if (file === undefined)
    throw repositoryErrors(
      'repositories.unknown',
      `the commit has no such file of at most ${MAX_FILE_BYTES} bytes`,
    )
  return isRaw ? rawFile(path, file) : context.json(fileRow({ path, ref, sha }, file))
}

/** Bytes of users are never shown as a page. */
function rawFile(path: string, { bytes, blobId }: StoredFile): Response {
  const name = path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^A-Za-z0-9._+-]/g, '_')
  return new Response(Buffer.from(bytes), {
    headers: {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${name}"`,
      'Content-Security-Policy': "default-src 'none'; sandbox",
      'X-Gitlab-Blob-Id': blobId,
    },
  })
}

function fileRow(
  { path, ref, sha }: { readonly path: string; readonly ref: string; readonly sha: string },
  { bytes, size, blobId, lastCommit, isExecutable }: StoredFile,
): object {
  return {
    file_name: path.slice(path.lastIndexOf('/') + 1),
    file_path: path,
    size,
    encoding: 'base64',
    content: encodeBase64(bytes),
    content_sha256: sha256Hex(bytes),
    ref,
    blob_id: blobId,
    commit_id: sha,
    last_commit_id: lastCommit,
    execute_filemode: isExecutable,
  }
}

const Start = v.object({
  ref: v.exactOptional(v.pipe(v.string(), v.maxLength(255))),
  variables: v.exactOptional(
    v.pipe(
      v.array(
        v.object({
          key: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/)),
          value: v.pipe(v.string(), v.maxLength(10_000)),
          variable_type: v.exactOptional(v.picklist(['env_var', 'file'])),
        }),
      ),
      v.maxLength(100),
    ),
  ),
})

/** `ref` is a branch or a tag. */
async function startPipeline(
  context: Context<Bindings>,
  who: Admitted,
  parts: RepositoryRoutesParts,
): Promise<Response> {
  const { principal, project } = who
  if (principal.kind !== 'user') throw accessErrors('access.forbidden', 'only a user starts a pipeline')
  const hasBody = context.req.header('content-type') !== undefined
  const body: v.InferOutput<typeof Start> = hasBody ? await readBodyAs(context, Start, MAX_BODY_BYTES) : {}
  const ref = await refOf(parts, who, body.ref ?? context.req.query('ref') ?? '')
  const variables = (body.variables ?? []).map(({ key, value, variable_type: type }) => ({
    key,
    value,
    isFile: type === 'file',
  }))
  const isProtected = ref.name === `refs/heads/${project.defaultBranch}`
  if (isProtected && !(await parts.access.may(principal, 'push_protected_code', project)))
    throw accessErrors('access.forbidden', 'only who may push to a protected branch starts pipelines of it')
  const { user, within } = principal
  const pipeline = await makePipeline(parts.repositories, {
    project,
    user,
    ...(within === undefined ? {} : { within }),
    commit: await commitOf(parts, who, ref.sha),
    ref: ref.name,
    beforeSha: undefined,
    source: 'api',
    variables,
  })
  const { id, iid, projectId, sha, state, source, createdAtMs } = pipeline
  const at = isoTime(createdAtMs / 1000)
  const row = { id, iid, project_id: projectId, sha, ref: pipeline.ref, status: state, source }
  const web = `${urlOf(context, who, parts)}/-/pipelines/${id}`
  return context.json({ ...row, created_at: at, updated_at: at, web_url: web }, 201)
}

async function refOf({ repositories: { git } }: RepositoryRoutesParts, { project }: Admitted, name: string) {
  for (const ref of [`refs/heads/${name}`, `refs/tags/${name}`]) {
    const sha = await git.resolve(project.id, ref)
    if (sha !== undefined) return { name: ref, sha }
  }
  throw repositoryErrors('repositories.unknown', 'the project has no such branch or tag')
}
