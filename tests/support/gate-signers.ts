import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Distribution } from './gate-packages.ts'
import { startGitLabIssuer } from './gitlab-issuer.ts'
import { runProgram, wheelseal } from './program.ts'
import { startServer, temporaryFolder } from './server.ts'

/** A private Sigstore, and a GitLab whose pipelines sign there. */
export interface Signers {
  /** Of the GitLab, as certificates name it. */
  readonly issuer: string
  /** `127.0.0.1:PORT`: an identity is shown as `HOST/PROJECT`. */
  readonly host: string
  /** The file `trusted_root.json`. */
  readonly trustedRoot: string
  /** The provenance object of PEP 740 for each file, by its digest; signed by the project's pipeline at a tag. */
  attest(project: string, files: readonly Distribution[]): Promise<ReadonlyMap<string, Buffer>>
  /** The bundle and the pair of each file, by its digest and by what `wheelseal sign` adds to the file's name. */
  sign(project: string, files: readonly Distribution[]): Promise<ReadonlyMap<string, Record<string, Buffer>>>
  close(): Promise<void>
}

/** Project ids follow from the order in which projects sign first. */
export async function startSigners(): Promise<Signers> {
  const { path, remove } = await temporaryFolder()
  const gitlab = await startGitLabIssuer()
  const config = join(path, 'wheelseal.toml')
  await writeFile(config, `[[issuers]]\nurl = "${gitlab.url}"\n`)
  const server = await startServer(join(path, 'data'), [wheelseal], ['--config', config])
  const trust = join(path, 'trust')
  await server.admin('trust', 'export', '--out', trust)
  const projects: string[] = []
  const claimsOf = (project: string): Record<string, unknown> => {
    if (!projects.includes(project)) projects.push(project)
    return claims(project, { id: 100 + projects.indexOf(project), host: gitlab.host })
  }
  return {
    issuer: gitlab.url,
    host: gitlab.host,
    trustedRoot: join(trust, 'trusted_root.json'),
    attest: (project, files) => attest(files, { trust, token: gitlab.token(claimsOf(project)) }),
    sign: (project, files) => signed(files, { trust, token: gitlab.token(claimsOf(project)) }),
    close: async () => {
      await server.stop()
      gitlab.close()
      await remove()
    },
  }
}

/** Those that differ from project to project, of a pipeline at the tag `v1`. */
function claims(project: string, { id, host }: { id: number; host: string }): Record<string, unknown> {
  const namespace = project.slice(0, project.lastIndexOf('/'))
  return {
    ...{ project_id: String(id), project_path: project, namespace_path: namespace },
    ...{ job_project_id: String(id), job_project_path: project, job_namespace_path: namespace },
    ...{ ref: 'v1', ref_type: 'tag', ref_path: 'refs/tags/v1' },
    ci_config_ref_uri: `${host}/${project}//.gitlab-ci.yml@refs/tags/v1`,
    sub: `project_path:${project}:ref_type:tag:ref:v1`,
  }
}

interface Signing {
  readonly trust: string
  readonly token: string
}

async function attest(
  files: readonly Distribution[],
  signing: Signing,
): Promise<ReadonlyMap<string, Buffer>> {
  await signWith('attest', files, signing)
  const objects = files.map(async ({ path, sha256 }): Promise<[string, Buffer]> => {
    const attestation = JSON.parse(await readFile(`${path}.publish.attestation`, 'utf8')) as object
    // What is said of the publisher is the word of an index, and passed over.
    const bundles = [{ publisher: { kind: 'GitLab' }, attestations: [attestation] }]
    return [sha256, Buffer.from(JSON.stringify({ version: 1, attestation_bundles: bundles }))]
  })
  return new Map(await Promise.all(objects))
}

const SUFFIXES = ['.sigstore.json', '.sig', '.crt']

async function signed(
  files: readonly Distribution[],
  signing: Signing,
): Promise<ReadonlyMap<string, Record<string, Buffer>>> {
  await signWith('sign', files, signing)
  const seals = files.map(async ({ path, sha256 }): Promise<[string, Record<string, Buffer>]> => {
    const read = SUFFIXES.map(async (suffix): Promise<[string, Buffer]> => [
      suffix,
      await readFile(path + suffix),
    ])
    return [sha256, Object.fromEntries(await Promise.all(read))]
  })
  return new Map(await Promise.all(seals))
}

async function signWith(
  command: 'attest' | 'sign',
  files: readonly Distribution[],
  { trust, token }: Signing,
): Promise<void> {
  const services = ['--signing-config', join(trust, 'signing_config.json')]
  const roots = ['--trusted-root', join(trust, 'trusted_root.json')]
  const paths = files.map(({ path }) => path)
  const env = { SIGSTORE_ID_TOKEN: token }
  const made = await runProgram([wheelseal, command, ...services, ...roots, ...paths], { env })
  if (made.code !== 0) throw new Error(made.stderr)
}
