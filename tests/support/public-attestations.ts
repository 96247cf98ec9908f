import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseFileName } from '../../src/formats/python/index.ts'
import { sha256Of, type Distribution } from './gate-packages.ts'
import { attestations } from './judges.ts'

/** A file that a pipeline has published on PyPI, and what PyPI says of it. */
export interface PublishedFile {
  readonly file: Distribution
  /** The object of PEP 740. */
  readonly provenance: Buffer
  /** The object is PyPI's own; else PyPI's form around its attestation. */
  readonly isOfPypi: boolean
  /** TOML, of a rule of a policy. */
  readonly signer: string
  readonly stranger: string
  /** Of `pypi-attestations verify pypi`. */
  readonly signerFlags: readonly string[]
  readonly strangerFlags: readonly string[]
}

interface Spec {
  readonly fileName: string
  /** Left out, `FILE.provenance` is there. */
  readonly wrapped?: { readonly attestation: string; readonly publisher: object }
  readonly issuer: string
  /** Key of an identity, its value, and that of a stranger. */
  readonly identity: readonly [key: string, expected: string, stranger: string]
  readonly more?: string
  readonly flags: (who: string) => readonly string[]
}

const ACTIONS = 'https://token.actions.githubusercontent.com'
const CIRCLE = 'https://circleci.com/api/v2/projects'
const CIRCLE_PROJECT = 'fdd9283f-e619-46af-8f9c-851f7d3e8b2b'
const CIRCLE_PIPELINE = '8e4f8ab2-8d7c-4827-9f15-de076d6d647f'
const CIRCLE_STRANGER = '00000000-0000-4000-8000-000000000000'
const ACCOUNT = '919436158236-compute@developer.gserviceaccount.com'
const circleIdentity = (project: string): string =>
  `${CIRCLE}/${project}/pipeline-definitions/${CIRCLE_PIPELINE}`

const ofRelease = 'workflow = "release.yml"\nrefs = ["refs/tags/*"]\n'

const SPECS: readonly Spec[] = [
  {
    fileName: 'pypi_attestations-0.0.19.tar.gz',
    issuer: ACTIONS,
    identity: ['repository', 'trailofbits/pypi-attestations', 'mallory/pypi-attestations'],
    more: ofRelease,
    flags: (repository) => ['--repository', `https://github.com/${repository}`],
  },
  {
    fileName: 'pypi_attestation_models-0.0.4a2.tar.gz',
    wrapped: {
      attestation: '.attestation',
      publisher: {
        ...{ kind: 'GitHub', repository: 'trailofbits/pypi-attestation-models' },
        ...{ workflow: 'release.yml', environment: null },
      },
    },
    issuer: ACTIONS,
    identity: ['repository', 'trailofbits/pypi-attestation-models', 'mallory/pypi-attestation-models'],
    more: ofRelease,
    flags: (repository) => ['--repository', `https://github.com/${repository}`],
  },
  {
    fileName: 'gitlab_oidc_project-0.0.3.tar.gz',
    wrapped: {
      attestation: '.publish.attestation',
      publisher: {
        ...{ kind: 'GitLab', repository: 'facutuesca/gitlab-oidc-project' },
        ...{ workflow_filepath: '.gitlab-ci.yml', environment: null },
      },
    },
    issuer: 'https://gitlab.com',
    identity: ['project', 'facutuesca/gitlab-oidc-project', 'mallory/gitlab-oidc-project'],
    more: 'refs = ["refs/heads/main"]\n',
    flags: (project) => ['--repository', `https://gitlab.com/${project}`],
  },
  {
    fileName: 'gcb_attestation_test-0.0.0.tar.gz',
    issuer: 'https://accounts.google.com',
    identity: ['identity', ACCOUNT, 'mallory@developer.gserviceaccount.com'],
    flags: (account) => ['--gcp-service-account', account],
  },
  {
    fileName: 'circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl',
    issuer: 'https://oidc.circleci.com',
    identity: ['identity', circleIdentity(CIRCLE_PROJECT), circleIdentity(CIRCLE_STRANGER)],
    flags: (identity) => [
      ...['--circleci-project-id', identity.includes(CIRCLE_PROJECT) ? CIRCLE_PROJECT : CIRCLE_STRANGER],
      ...['--circleci-pipeline-definition-id', CIRCLE_PIPELINE],
    ],
  },
]

/** All that `scripts/judges` has of them, with bytes; their seals are of public Sigstore. */
export function readPublishedFiles(): Promise<readonly PublishedFile[]> {
  return Promise.all(SPECS.map(readOne))
}

async function readOne(spec: Spec): Promise<PublishedFile> {
  const { fileName, wrapped, issuer, identity, more = '', flags } = spec
  const [key, expected, stranger] = identity
  const rule = (who: string): string =>
    `names = ["${parseFileName(fileName).name}"]\n[[rules.any_of]]\nissuer = "${issuer}"\n${key} = "${who}"\n${more}`
  return {
    file: distributionOf(fileName, await readAsset(fileName)),
    provenance: await provenanceOf(spec),
    isOfPypi: wrapped === undefined,
    ...{ signer: rule(expected), stranger: rule(stranger) },
    ...{ signerFlags: flags(expected), strangerFlags: flags(stranger) },
  }
}

export function readAsset(name: string): Promise<Buffer> {
  return readFile(join(attestations, name))
}

async function provenanceOf({ fileName, wrapped }: Spec): Promise<Buffer> {
  if (wrapped === undefined) return readAsset(`${fileName}.provenance`)
  return provenanceAround(await readAsset(`${fileName}${wrapped.attestation}`), wrapped.publisher)
}

export function provenanceAround(attestation: Buffer, publisher: object): Buffer {
  const bundles = [{ publisher, attestations: [JSON.parse(attestation.toString())] }]
  return Buffer.from(JSON.stringify({ version: 1, attestation_bundles: bundles }))
}

/** Without its metadata: an index need not offer any. */
export function distributionOf(fileName: string, bytes: Buffer): Distribution {
  const { name, version } = parseFileName(fileName)
  return {
    ...{ fileName, name, version: version.normal, path: '' },
    ...{ bytes, sha256: sha256Of(bytes), metadata: null },
  }
}
