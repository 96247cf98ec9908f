/** Writes docs/reference/lint.md from the rules: `node scripts/lint-reference.ts`. A test compares the two. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rules, traps, type Example, type Rule, type Trap } from '../src/lint/index.ts'

export const lintPage: string = join(import.meta.dirname, '..', 'docs', 'reference', 'lint.md')

const HEAD = `# Lint

\`wheelseal lint [DIR]\` finds what undermines signatures before anything runs: in \`.gitlab-ci.yml\` and what it includes, in \`pyproject.toml\`, in files \`*policy*.toml\`, and in the shell lines of the README and of \`docs/\`. It starts nothing and fetches nothing; [configuration](configuration.md) lists the flags.

A finding has a code that is the same in every release, a severity, and \`FILE:LINE:COLUMN\`, also where the line is in an included file. A rule is reported once for each file, with all its places. *error*: an attacker can defeat the signatures, or releases fail; *warning*: it fails, or fails to protect, some day; *note*: worth knowing. The exit code is 0 when nothing is found at \`--level\` or above, 1 when something is, 2 for wrong usage.

Whether a job is in a pipeline is decided three times: for the default branch, for a branch that is not protected, and for a protected tag \`v1.0.0\`. What cannot be read is a finding, [WS901](#ws901).

A comment \`# wheelseal: allow WS503\`, on the line or on the one before it, allows a place in a file of the project; say why behind it.

\`--fix\` makes the changes that can break nothing, each file whole or not at all, and only if it has not changed since it was read; \`--diff\` shows them. \`--format json\` prints \`{"findings":[{"rule":…,"title":…,"severity":…,"file":…,"line":…,"column":…,"what":…,"consequence":…,"fix":…,"fixable":…,"places":[{"line":…,"column":…,"what":…}]}]}\`; \`--format sarif\` SARIF 2.1.0; \`--format codequality\` a report for GitLab's \`artifacts:reports:codequality\`, whose fingerprints stay the same when lines move.

This page is generated from the rules by \`node scripts/lint-reference.ts\`.
`

export function lintReference(): string {
  return [HEAD, rulesTable(), trapsTable(), ...rules.map(section)].join('\n')
}

function rulesTable(): string {
  const rows = rules.map(
    ({ code, severity, title }) => `| [${code}](#${anchor(code)}) | ${severity} | ${title} |`,
  )
  return `## Rules\n\n| code | severity | what is found |\n|---|---|---|\n${rows.join('\n')}\n`
}

function trapsTable(): string {
  const rows = traps.map(
    ({ id, what, place, by }) => `| ${id} | ${what} | ${place} | ${by.map(linked).join(', ')} |`,
  )
  return `## The traps of GitLab's tutorial

GitLab's tutorial for signed Python packages has 46 known traps, 22 of security (S) and 24 of correctness (C). Each is caught by a rule, by \`wheelseal doctor\`, by the server, or explained by a page.

| trap | what is wrong | caught by | where |
|---|---|---|---|
${rows.join('\n')}
`
}

function linked(by: Trap['by'][number]): string {
  if (by.startsWith('WS')) return `[${by}](#${anchor(by)})`
  return `[${by.replace(/^.*\//, '').replace('.md', '').replaceAll('-', ' ')}](${by})`
}

function anchor(code: string): string {
  return code.toLowerCase()
}

function section({
  code,
  severity,
  title,
  what,
  consequence,
  fix,
  source,
  traps: ids,
  bad,
  good,
}: Rule): string {
  return `## <a id="${anchor(code)}"></a>${code}: ${title}

*${severity}*. ${what} ${consequence}

Fix: ${fix}

Found in:

${examples(bad)}

Not found in:

${examples(good)}

Source: ${source.join('; ')}.${ids.length === 0 ? '' : ` Traps: ${ids.join(', ')}.`}
`
}

const LANGUAGES = { yml: 'yaml', toml: 'toml', md: 'text' } as const

/** Of a page the lines alone: none of them is for a reader of this one to run. */
function examples(files: Example): string {
  return Object.entries(files)
    .map(([path, text]) => {
      const ending = path.slice(path.lastIndexOf('.') + 1) as keyof typeof LANGUAGES
      const lines = text.trimEnd().split('\n')
      const shown = ending === 'md' ? lines.filter((line) => !line.startsWith('```')) : lines
      return `\`${path}\`:\n\n\`\`\`${LANGUAGES[ending]}\n${shown.join('\n')}\n\`\`\``
    })
    .join('\n\n')
}

if (process.argv[1] === import.meta.filename) writeFileSync(lintPage, lintReference())
