import type { Project } from '../access/index.ts'
import { shellQuoted } from '../base/index.ts'
import type { FileSeal, FileSeals } from '../registry/index.ts'

/** What the lines of a release are made of. */
export interface Release {
  /** Of this server as the reader's machine knows it, without a slash at the end. */
  readonly url: string
  /** Of the id tokens by which its own pipelines sign. */
  readonly issuer: string
  /** Of the TUF root: `sha256:…`. */
  readonly fingerprint: string
  readonly project: Project
  /** Normalised. */
  readonly name: string
  readonly version: string
}

/** Commands that belong together, one a line, as they are typed. */
export interface Block {
  readonly title: string
  readonly lines: readonly string[]
}

type Signer = NonNullable<NonNullable<FileSeal['report']>['signer']>

export function indexUrl({ url, project }: Pick<Release, 'url' | 'project'>): string {
  return `${url}/api/v4/projects/${project.id}/packages/pypi/simple`
}

export function installLines(release: Release): readonly Block[] {
  const [index, pinned] = [word(indexUrl(release)), word(pinnedName(release))]
  return [
    { title: 'pip', lines: [`pip install --index-url ${index} ${pinned}`] },
    { title: 'uv', lines: [`uv pip install --default-index ${index} ${pinned}`] },
  ]
}

/** For a release of which a file is verified; by its signer. None where that is not said. */
export function verifyLines(release: Release, sealed: FileSeals | undefined): readonly Block[] {
  const verified = sealed?.seals.filter(({ outcome }) => outcome === 'verified') ?? []
  const signer = verified[0]?.report?.signer
  if (sealed === undefined || signer === undefined) return []
  return [
    { title: 'Get the trust root, once', lines: [trustLine(release)] },
    {
      title: 'wheelseal downloads, verifies, and only then leaves the files in wheels',
      lines: [fetchLine(release, signer)],
    },
    { title: 'wheelseal verifies them again, without a network', lines: [verifyLine(release, signer)] },
    ...cosignLines(sealed, verified, signer),
  ]
}

function trustLine({ url, fingerprint }: Release): string {
  return `wheelseal trust export --out trust --url ${word(url)} --fingerprint ${word(fingerprint)}`
}

const ROOT = '--trusted-root trust/trusted_root.json'

function fetchLine(release: Release, signer: Signer): string {
  const { url, project } = release
  const from = `--api ${word(`${url}/api/v4`)} --project ${word(project.path)}`
  return `wheelseal fetch ${word(pinnedName(release))} ${from} ${whoFlags(release, signer)} ${ROOT} --out wheels`
}

function verifyLine(release: Release, signer: Signer): string {
  const project = refOf(release, signer) === undefined ? '' : `--project ${word(release.project.path)} `
  return `wheelseal verify --offline ${project}${whoFlags(release, signer)} ${ROOT} wheels/*`
}

/** Stock cosign: version 2 reads signature and certificate, version 3 the bundle, which `fetch` makes of both. */
function cosignLines(
  { fileName }: FileSeals,
  verified: readonly FileSeal[],
  signer: Signer,
): readonly Block[] {
  const has = (...kinds: readonly FileSeal['kind'][]) => verified.some(({ kind }) => kinds.includes(kind))
  const who = identityFlags(signer)
  const file = word(`wheels/${fileName}`)
  const pair = `--signature ${word(`wheels/${fileName}.sig`)} --certificate ${word(`wheels/${fileName}.crt`)}`
  const bundle = `${ROOT} --bundle ${word(`wheels/${fileName}.sigstore.json`)}`
  const second = {
    title: 'Stock cosign 2',
    lines: ['. trust/cosign.env', `cosign verify-blob ${pair} ${who} ${file}`],
  }
  const third = { title: 'Stock cosign 3', lines: [`cosign verify-blob ${bundle} ${who} ${file}`] }
  return [...(has('pair') ? [second] : []), ...(has('pair', 'bundle') ? [third] : [])]
}

/** The rule of the own pipeline looks at more than the identity. */
function whoFlags(release: Release, signer: Signer): string {
  const ref = refOf(release, signer)
  if (ref === undefined) return identityFlags(signer)
  const other = ref === 'refs/heads/main' ? '' : `--ref ${word(ref)} `
  return `${other}--certificate-oidc-issuer ${word(signer.issuer)}`
}

function identityFlags({ identity, issuer }: Signer): string {
  return `--certificate-identity ${word(identity)} --certificate-oidc-issuer ${word(issuer)}`
}

/** Of the project's own pipeline; undefined for another signer. */
function refOf({ issuer, project }: Release, signer: Signer): string | undefined {
  const own = `https://${new URL(issuer).host}/${project.path}//.gitlab-ci.yml@`
  return signer.issuer === issuer && signer.identity.startsWith(own)
    ? signer.identity.slice(own.length)
    : undefined
}

function pinnedName({ name, version }: Release): string {
  return `${name}==${version}`
}

/** As a shell takes it for one word; quoted only where that makes a difference. */
function word(text: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(text) ? text : shellQuoted(text)
}
