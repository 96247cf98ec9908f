import { printable, shellQuoted } from '../../../base/index.ts'
import { failed, ok, skipped, type Check, type Finding } from '../check.ts'
import type { TokenIdentity } from '../facts.ts'
import type { DoctorIo } from '../io.ts'
import { shownValue } from '../shown.ts'

const IDENTITY_VARIABLES = ['CERTIFICATE_IDENTITY', 'COSIGN_CERTIFICATE_IDENTITY']
const ISSUER_VARIABLES = ['CERTIFICATE_OIDC_ISSUER', 'COSIGN_CERTIFICATE_OIDC_ISSUER']

/** Whom the certificate will name, and whether that is who consumers are told to expect. */
export const identityCheck: Check = {
  name: 'identity',
  effectOf: ['variables'],
  look: async ({ io, identity }) => {
    const signer = (await identity()) ?? jobIdentity(io.env)
    if (signer === undefined)
      return [skipped('the identity of a signature is not known: there is no id token and no job')]
    const problems = [
      ...IDENTITY_VARIABLES.flatMap((name) => differing(name, signer.san, io)),
      ...ISSUER_VARIABLES.flatMap((name) => differing(name, signer.issuer, io)),
    ]
    if (problems.length > 0) return problems
    return [ok(`signatures made here name ${signer.san}`, verifyLines(signer))]
  },
}

/** What GitLab would put into the token of this job. */
function jobIdentity(env: DoctorIo['env']): TokenIdentity | undefined {
  const { CI_SERVER_URL: issuer, CI_PROJECT_PATH: project, CI_COMMIT_REF_NAME: ref } = env
  if (!issuer || !project || !ref || !URL.canParse(issuer)) return undefined
  const { host, pathname } = new URL(issuer)
  const place = `${host}${pathname.replace(/\/+$/, '')}/${project}`
  const kind = env['CI_COMMIT_TAG'] ? 'tags' : 'heads'
  const config = env['CI_CONFIG_PATH'] || '.gitlab-ci.yml'
  return { san: `https://${place}//${config}@refs/${kind}/${ref}`, issuer }
}

function verifyLines({ san, issuer }: TokenIdentity): readonly string[] {
  const flags = `--certificate-identity ${shellQuoted(san)} --certificate-oidc-issuer ${shellQuoted(issuer)}`
  return [`verify with: wheelseal verify ${flags} FILE`]
}

function differing(name: string, actual: string, { env }: DoctorIo): readonly Finding[] {
  const expected = env[name] ?? ''
  if (expected === '' || expected === actual) return []
  return [
    failed({
      fact: `${name} is ${shownValue(expected)}, and signatures made here name ${printable(actual)}`,
      reason: differenceOf(expected, actual),
      next: `set ${name} to ${shellQuoted(printable(actual))}, or sign where the expected pipeline runs`,
    }),
  ]
}

const PARTS = [
  ['the GitLab is a different one', /^https?:\/\/[^/]+/],
  ['the project is a different one', /^https?:\/\/[^/]+\/(.*?)\/\//],
  ['the pipeline file is a different one', /\/\/([^@/][^@]*)@/],
  ['the branch or tag is a different one', /@(.*)$/],
] as const

/** Which part of it: most often the ref, since a release is a tag and the tutorial expects the default branch. */
function differenceOf(expected: string, actual: string): string {
  if (/\$\{?[A-Z_]/.test(expected)) return 'it has a variable that was not expanded'
  if (expected.trim() === actual || expected.replace(/\/+$/, '') === actual)
    return 'a space or a slash at its end is too many'
  if (/\/\/[^/]/.test(actual.slice(8)) && !expected.slice(8).includes('//'))
    return 'two slashes between the project and the pipeline file are missing: GROUP/NAME//.gitlab-ci.yml@REF'
  const part = PARTS.find(([, pattern]) => pattern.exec(expected)?.at(-1) !== pattern.exec(actual)?.at(-1))
  return part?.[0] ?? 'verification compares every character'
}
