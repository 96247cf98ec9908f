import { hasLetter, hasOption, type Invocation } from '../shell/program.ts'
import { hit, jobSequences, started, inJobs } from './look.ts'
import { pipeline, type Rule } from './rule.ts'

const SOURCES = /(?:^|\/)(?:pyproject\.toml|setup\.py|setup\.cfg|__init__\.py|_version\.py|PKG-INFO)$/

const sed: Rule = {
  code: 'WS601',
  severity: 'error',
  title: 'sources rewritten with sed before the build',
  what: '`sed -i` or `perl -i` on `pyproject.toml`, `setup.py`, `setup.cfg` or a module, in a job.',
  consequence:
    'The pattern also hits other lines (`authors = [{name = …}]`, `python_version = …`), and what is built is not what the commit says that the certificate names.',
  fix: 'Put name and version where they belong and commit them, or take the version from the tag (setuptools-scm, hatch-vcs).',
  source: ['PEP 621', '[Build and publish](../how-to/build-and-publish.md)'],
  traps: ['C1', 'C2', 'C22'],
  bad: pipeline(
    `build:\n  script:\n    - sed -i "s/version = \\".*\\"/version = \\"$V\\"/" pyproject.toml\n    - python -m build\n`,
  ),
  good: pipeline('build:\n  script:\n    - python -m build\n'),
  *check(project) {
    for (const placed of inJobs(project)) {
      const { invocation } = placed
      const file = invocation?.args.find(({ text }) => SOURCES.test(text))
      if (invocation !== undefined && file !== undefined && isInPlace(invocation))
        yield hit(placed, invocation.at, `${file.text} is rewritten`)
    }
  },
}

function isInPlace(invocation: Invocation): boolean {
  if (invocation.program !== 'sed' && invocation.program !== 'perl') return false
  return hasLetter(invocation, 'i') || invocation.args.some(({ text }) => /^(?:-i|--in-place)/.test(text))
}

const gitInit: Rule = {
  code: 'WS602',
  severity: 'warning',
  title: 'a repository made in the job',
  what: '`git init` in a job.',
  consequence:
    'In a clone `git commit` then finds nothing to commit and fails, or commits caches, which back ends that ask git pack into the sdist.',
  fix: 'Leave it out: the runner has cloned the project.',
  source: ['git-init(1)', 'setuptools-scm, hatch-vcs: which files belong to an sdist'],
  traps: ['C5'],
  bad: pipeline('build:\n  script:\n    - git init\n    - python -m build\n'),
  good: pipeline('build:\n  script:\n    - python -m build\n'),
  *check(project) {
    for (const sequence of jobSequences(project))
      for (const placed of started(sequence, 'git'))
        if (placed.invocation.args[0]?.text === 'init')
          yield hit(placed, placed.invocation.at, 'the project is a repository already')
  },
}

const gitConfig: Rule = {
  code: 'WS603',
  severity: 'note',
  title: 'a configuration of git that outlives the job',
  what: '`git config --global` in a job.',
  consequence:
    'On a shell runner it stays for the next job; `init.defaultBranch` has no effect after `git init`.',
  fix: 'Leave it out, or set `GIT_AUTHOR_NAME` and the like as variables of the job.',
  source: ['git-config(1)'],
  traps: ['C6'],
  bad: pipeline('build:\n  script:\n    - git config --global user.name CI\n    - python -m build\n'),
  good: pipeline('build:\n  script:\n    - python -m build\n'),
  *check(project) {
    for (const sequence of jobSequences(project))
      for (const placed of started(sequence, 'git'))
        if (
          placed.invocation.args[0]?.text === 'config' &&
          hasOption(placed.invocation, '--global', '--system')
        )
          yield hit(placed, placed.invocation.at, 'it is written into the home folder')
  },
}

const homeMadeName: Rule = {
  code: 'WS604',
  severity: 'warning',
  title: 'a package name normalized by hand',
  what: "`tr '-' '_'` or `sed s/-/_/g`, and the like, over a name in a job.",
  consequence:
    'Dots, capital letters and runs (`My.Pkg`, `a--b`) stay, so that files and pages are looked for under a name that they do not have.',
  fix: 'Take names from the files that were built; an index wants `re.sub("[-_.]+", "-", name).lower()`, a file name the same with `_`.',
  source: ['PEP 503: normalized names', 'PEP 625 and the binary distribution format: file names'],
  traps: ['C7'],
  bad: pipeline(
    "build:\n  script:\n    - export NAME=$(echo \"$CI_PROJECT_NAME\" | tr '-' '_')\n    - python -m build\n",
  ),
  good: pipeline('build:\n  script:\n    - python -m build\n'),
  *check(project) {
    for (const sequence of jobSequences(project))
      for (const placed of started(sequence, 'tr', 'sed'))
        if (replacesHyphens(placed.invocation))
          yield hit(placed, placed.invocation.at, 'only hyphens are replaced')
  },
}

function replacesHyphens({ program, args: [first, second] }: Invocation): boolean {
  const text = first?.text ?? ''
  if (program === 'tr') return /^[-.]+$/.test(text) && second?.text === '_'
  return /^s(.)(?:-|\[[-_.]+\])\1_\1g?$/.test(text)
}

export const packagingRules: readonly Rule[] = [sed, gitInit, gitConfig, homeMadeName]
