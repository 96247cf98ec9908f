import { hasOption } from '../shell/program.ts'
import { hit, isSigning, isUpload, isVerifying, jobSequences } from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const PUBLISH = `publish:
  script:
    - twine upload dist/*
`
const TAGS = '  rules:\n    - if: $CI_COMMIT_TAG\n'
const SIGN = `sign:
  stage: build
  id_tokens:
    SIGSTORE_ID_TOKEN:
      aud: sigstore
  script:
    - cosign sign-blob --yes --bundle a.sigstore.json a
`

const nobodyVerifies: Rule = {
  code: 'WS407',
  severity: 'warning',
  title: 'signatures that are not checked',
  what: 'A pipeline signs, and no job of it verifies.',
  consequence: 'A wrong identity, a wrong file or an empty folder is found by the first consumer.',
  fix: 'Add a job that verifies each file with the identity that consumers will expect, before anything is published.',
  source: ['[Verify a distribution](../how-to/verify-a-distribution.md)'],
  traps: [],
  bad: pipeline(SIGN),
  good: pipeline(`${SIGN}verify:
  script: cosign verify-blob --bundle a.sigstore.json --certificate-identity "$I" --certificate-oidc-issuer "$O" a
`),
  *check(project) {
    const all = jobSequences(project)
    const [first] = all.flatMap(({ commands }) => commands.filter(isSigning))
    // wheelseal verifies what it has signed, before it ends.
    const isChecked =
      all.some(({ commands }) => commands.some(isVerifying)) || first?.invocation?.program === 'wheelseal'
    if (first?.invocation !== undefined && !isChecked)
      yield hit(first, first.invocation.at, 'no job verifies')
  },
}

const unsigned: Rule = {
  code: 'WS408',
  severity: 'note',
  title: 'packages that are published unsigned',
  what: 'A pipeline uploads packages, and neither signs nor attests them.',
  consequence:
    'An attacker who can write to the registry, or intercept its connections, can replace them unseen.',
  fix: 'Sign them: `wheelseal init` writes the stages.',
  source: ['[Sign distributions](../how-to/sign-distributions.md)'],
  traps: [],
  bad: pipeline(PUBLISH + TAGS),
  good: pipeline(`${SIGN}${PUBLISH}${TAGS}`),
  *check(project) {
    const commands = jobSequences(project).flatMap((sequence) => sequence.commands)
    const isAttested = commands.some(
      ({ invocation }) =>
        invocation !== undefined &&
        (hasOption(invocation, '--attestations', '--attest') || invocation.program === 'pypi-attestations'),
    )
    const first = commands.find(isUpload)
    if (first?.invocation !== undefined && !isAttested && !commands.some(isSigning))
      yield hit(first, first.invocation.at, 'nothing of it is signed')
  },
}

export const coverageRules: readonly Rule[] = [nobodyVerifies, unsigned]
