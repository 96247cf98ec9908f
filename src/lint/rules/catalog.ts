import { conductRules } from './conduct.ts'
import { consumptionRules } from './consumption.ts'
import { coverageRules } from './coverage.ts'
import { idTokenRules } from './id-tokens.ts'
import { identityRules } from './identity.ts'
import { loopRules } from './loops.ts'
import { packagingRules } from './packaging.ts'
import { pinRules } from './pins.ts'
import { policyRules } from './policies.ts'
import { publishingRules } from './publishing.ts'
import { pyprojectRules } from './pyproject.ts'
import type { Rule } from './rule.ts'
import { secretRules } from './secrets.ts'
import { signingRules } from './signing.ts'
import { toolRules } from './tools.ts'
import { verificationRules } from './verification.ts'

/** What could not be read is reported under this code, by who reads and by no rule. */
const undecided: Rule = {
  code: 'WS901',
  severity: 'warning',
  title: 'something that could not be read',
  what: 'The pipeline cannot be planned, an included file is not at hand, a file is not TOML, or it is larger than what is looked at.',
  consequence: 'What it contains is undecided: it may have any of the other traps.',
  fix: 'Correct the line, or give the files of other projects with `--mirror`.',
  source: ['[Keywords of pipelines](pipelines.md)'],
  traps: [],
  bad: { '.gitlab-ci.yml': 'include: missing.yml\ntest:\n  script: pytest\n' },
  good: { '.gitlab-ci.yml': 'test:\n  script: pytest\n' },
  check: () => [],
}

/** Every rule, by its code. */
export const rules: readonly Rule[] = [
  ...secretRules,
  ...idTokenRules,
  ...signingRules,
  ...loopRules,
  ...verificationRules,
  ...identityRules,
  ...policyRules,
  ...consumptionRules,
  ...publishingRules,
  ...coverageRules,
  ...toolRules,
  ...pinRules,
  ...packagingRules,
  ...pyprojectRules,
  ...conductRules,
  undecided,
].toSorted((a, b) => (a.code < b.code ? -1 : 1))

export const UNDECIDED = undecided
