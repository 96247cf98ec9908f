/** Writes docs/reference/errors.md from the code: `node scripts/error-reference.ts`. A test compares the two. */
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorKinds } from '../src/base/index.ts'

const root = join(import.meta.dirname, '..')
export const errorPage: string = join(root, 'docs', 'reference', 'errors.md')

const HEAD = `# Errors

Every error has a message, a hint and a code that is the same in every release. On a terminal the code is in brackets; with \`--json\` and over HTTP it is the field \`code\`. *exit* is the exit code of a command (1 refused or failed, 2 wrong usage; \`wheelseal cosign\` always exits with 1), *HTTP* the status of a server's answer. \`wheelseal help CODE\` explains a code. The reason codes of verdicts begin with \`verify.\`.

This page is generated from the code by \`node scripts/error-reference.ts\`.

| code | what it means | what to do | exit | HTTP |
|---|---|---|---|---|
`

export async function errorReference(): Promise<string> {
  for (const file of globSync('src/**/errors.ts', { cwd: root })) await import(join(root, file))
  // Tests that ran in the same process may have declared some of their own.
  const rows = [...errorKinds()]
    .filter(([code]) => !code.startsWith('test.'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { summary, hint, exit, status }]) =>
        `| <a id="${code}"></a>\`${code}\` | ${cell(summary)} | ${cell(hint)} | ${exit} | ${status} |`,
    )
  return `${HEAD}${rows.join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}

if (process.argv[1] === import.meta.filename) writeFileSync(errorPage, await errorReference())
