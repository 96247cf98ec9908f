import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock, systemFiles, systemSpawn } from '../../host/index.ts'
import { codeQuality, sarif, type LintReport } from '../../lint/index.ts'
import { lintHere, plannedFixes, writeFixes } from './index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wheelseal-lint-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}

function lint(only: readonly string[] = [], mirror?: string): Promise<LintReport> {
  const shipped = { project: 'tools/components', name: 'c', version: '1.0.0', text: '' }
  const ports = {
    files: systemFiles,
    clock: systemClock,
    spawn: systemSpawn,
    env: {},
    shipped: () => shipped,
  }
  return lintHere({ folder, mirror, selection: { only, without: [], level: 'note' } }, ports)
}

const placesOf = ({ findings }: LintReport): readonly string[] =>
  findings.flatMap(({ rule, hits }) =>
    hits.map(({ file, line, column }) => `${rule} ${file}:${line}:${column}`),
  )

const UPLOAD = 'publish:\n  script:\n    - |\n      echo\n      twine upload dist/*\n'
const SETUPTOOLS =
  '[build-system]\nrequires = ["setuptools>=45"] # kept\n[project]\nname = "a"\nversion = "1"\n'

describe('lint of a folder', () => {
  it('finds lines of files that are included, in the place where they are written', async () => {
    await write({ '.gitlab-ci.yml': 'include: ci/a.yml\n', 'ci/a.yml': UPLOAD })
    expect(placesOf(await lint(['WS401']))).toEqual(['WS401 ci/a.yml:5:7'])
  })

  it('finds a line of a template once, however many jobs extend it', async () => {
    const text = `.t:\n  script:\n    - twine upload dist/*\na:\n  extends: .t\nb:\n  extends: .t\n`
    await write({ '.gitlab-ci.yml': text })
    expect(placesOf(await lint(['WS401']))).toEqual(['WS401 .gitlab-ci.yml:3:7'])
  })

  it('asks the rules of jobs and of the workflow whether a branch publishes', async () => {
    await write({
      '.gitlab-ci.yml': `${UPLOAD}  rules:\n    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n`,
    })
    expect(placesOf(await lint(['WS401']))).toEqual([])
    await write({ '.gitlab-ci.yml': `${UPLOAD}  rules:\n    - if: $CI_COMMIT_BRANCH\n` })
    expect(placesOf(await lint(['WS401']))).toHaveLength(1)
    await write({ '.gitlab-ci.yml': `workflow:\n  rules:\n    - if: $CI_COMMIT_TAG\n${UPLOAD}` })
    expect(placesOf(await lint(['WS401', 'WS901']))).toEqual([])
  })

  it('says what it could not read, and looks at the rest', async () => {
    const text = `include:\n  - component: gitlab.com/a/b/c@1.0.0\n${UPLOAD}`
    await write({
      '.gitlab-ci.yml': text,
      'pyproject.toml': 'a = \n',
      'docs/large.md': 'x'.repeat((1 << 20) + 1),
    })
    expect(placesOf(await lint(['WS401', 'WS901']))).toEqual([
      'WS901 .gitlab-ci.yml:2:5',
      'WS401 .gitlab-ci.yml:7:7',
      'WS901 docs/large.md:1:1',
      'WS901 pyproject.toml:1:5',
    ])
  })

  it('reads the policy that the settings name, in the project alone', async () => {
    const policy =
      'version = 1\n[[rules]]\nnames = ["a"]\n[[rules.any_of]]\nissuer = "https://a"\nproject = "a/b"\nrefs = ["refs/heads/main"]\n'
    await write({
      'ci/who.toml': policy,
      'pyproject.toml': '[tool.wheelseal]\ntrusted-root = "r"\npolicy = "ci/who.toml"\n[tool.x]\n',
      'wheelseal.toml': 'policy = "../outside.toml"\n',
    })
    expect(placesOf(await lint(['WS310', 'WS901']))).toEqual(['WS310 ci/who.toml:6:11'])
  })

  it('reads settings with as many empty lines as a file may have', async () => {
    await write({ 'wheelseal.toml': '\n'.repeat(1_000_000) })
    expect(placesOf(await lint(['WS310']))).toEqual([])
  })

  it('does not follow links out of the folder', async () => {
    await writeFile(`${folder}.md`, '```sh\ncurl -o a $U\n```\n')
    await symlink(`${folder}.md`, join(folder, 'README.md'))
    expect(placesOf(await lint())).toEqual([])
    await rm(`${folder}.md`)
  })

  it('knows the project by the origin that git has written down', async () => {
    const identity = 'https://gitlab.com/acme/other//.gitlab-ci.yml@refs/heads/main'
    await write({
      '.git/config': '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@gitlab.com:acme/demo.git\n',
      '.gitlab-ci.yml': 'sign:\n  script: cosign sign-blob --bundle b a\n',
      'README.md': `\`\`\`sh\ncosign verify-blob --certificate-identity ${identity} --certificate-oidc-issuer https://gitlab.com a\n\`\`\`\n`,
    })
    const { findings } = await lint(['WS308'])
    expect(findings[0]?.hits[0].what).toBe(
      'expects https://gitlab.com/acme/other, and this project is https://gitlab.com/acme/demo',
    )
  })

  it('is allowed a place by a comment', async () => {
    await write({ '.gitlab-ci.yml': UPLOAD.replace('      echo', '      # wheelseal: allow WS401 (a test)') })
    expect(placesOf(await lint(['WS4'])).filter((place) => place.startsWith('WS401'))).toEqual([])
  })
})

describe('a fix', () => {
  it('keeps comments and the mode of the file, and is made once', async () => {
    await write({ 'pyproject.toml': SETUPTOOLS })
    const fixes = plannedFixes(await lint(['WS606']))
    expect(await writeFixes(fixes, { folder, files: systemFiles })).toEqual({
      written: ['pyproject.toml'],
      changed: [],
    })
    const text = await readFile(join(folder, 'pyproject.toml'), 'utf8')
    expect(text).toBe(SETUPTOOLS.replace('>=45', '>=61'))
    expect((await stat(join(folder, 'pyproject.toml'))).mode & 0o777).toBe(0o644)
    expect(plannedFixes(await lint(['WS606']))).toEqual([])
  })

  it('is not made in a file that somebody has changed since', async () => {
    await write({ 'pyproject.toml': SETUPTOOLS })
    const fixes = plannedFixes(await lint(['WS606']))
    await write({ 'pyproject.toml': SETUPTOOLS.replace('kept', 'mine') })
    expect(await writeFixes(fixes, { folder, files: systemFiles })).toEqual({
      written: [],
      changed: ['pyproject.toml'],
    })
    expect(await readFile(join(folder, 'pyproject.toml'), 'utf8')).toBe(SETUPTOOLS.replace('kept', 'mine'))
  })

  it('takes arguments with their line out of a command', async () => {
    const text =
      'sign:\n  script:\n    - |\n      cosign sign-blob \\\n        --identity-token $SIGSTORE_ID_TOKEN \\\n        --bundle b \\\n        a\n'
    await write({ '.gitlab-ci.yml': text })
    expect(plannedFixes(await lint(['WS102'])).map(({ after }) => after)).toEqual([
      text.replace('        --identity-token $SIGSTORE_ID_TOKEN \\\n', ''),
    ])
  })
})

describe('reports for other programs', () => {
  it('have fingerprints that stay when lines move, and one for each place', async () => {
    const fingerprints = async (text: string): Promise<readonly string[]> => {
      await write({ '.gitlab-ci.yml': text })
      const { findings, project } = await lint(['WS315'])
      const issues = codeQuality(findings, project) as readonly { readonly fingerprint: string }[]
      return issues.map(({ fingerprint }) => fingerprint)
    }
    const line = '    - curl -o a $U\n'
    const before = await fingerprints(`a:\n  script:\n${line}${line}`)
    expect(new Set(before).size).toBe(2)
    expect(await fingerprints(`# moved\n\na:\n  script:\n${line}${line}`)).toEqual(before)
  })

  it('have what SARIF and GitLab ask for', async () => {
    await write({ '.gitlab-ci.yml': UPLOAD })
    const { findings, project } = await lint(['WS401'])
    expect(codeQuality(findings, project)).toMatchObject([
      {
        check_name: 'WS401',
        severity: 'critical',
        location: { path: '.gitlab-ci.yml', lines: { begin: 5 } },
      },
    ])
    expect(sarif(findings, { project, version: '1.2.3' })).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'wheelseal lint', semanticVersion: '1.2.3', rules: [{ id: 'WS401' }] } },
          results: [
            {
              ruleId: 'WS401',
              ruleIndex: 0,
              level: 'error',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: '.gitlab-ci.yml' },
                    region: { startLine: 5, startColumn: 7 },
                  },
                },
              ],
            },
          ],
        },
      ],
    })
  })
})
