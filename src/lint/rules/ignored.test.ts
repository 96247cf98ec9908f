import { expect, it } from 'vitest'
import { requestOf } from '../arrange.ts'
import { lintProject } from '../lint-project.ts'

async function isFound(...lines: readonly string[]): Promise<boolean> {
  const text = `verify:\n  script:\n    - |\n${lines.map((line) => `      ${line}\n`).join('')}`
  const { findings } = await lintProject(requestOf({ '.gitlab-ci.yml': text }))
  return findings.some(({ rule }) => rule === 'WS306')
}

it.each<[boolean, readonly string[]]>([
  [true, ['cosign verify-blob a || true']],
  [true, ['cosign verify-blob a || echo failed']],
  [true, ['for f in a b; do', '  cosign verify-blob $f', 'done || true']],
  [true, ['(cosign verify-blob a) || :']],
  [true, ['set +e', 'cosign verify-blob a', 'set -e']],
  [false, ['set +e', 'set -e', 'cosign verify-blob a']],
  [false, ['set +e', 'if ! cosign verify-blob a; then exit 1; fi']],
  [false, ['cosign verify-blob a || exit 1']],
  [false, ['cosign verify-blob a || failed=1']],
  [false, ['cosign verify-blob a', 'rm b || true']],
])('that a failed verification is ignored is %s of %j', async (expected, lines) => {
  expect(await isFound(...lines)).toBe(expected)
})
