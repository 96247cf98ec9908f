import { mkdtemp, rename, rm, symlink, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  auditAt,
  fileReport,
  install,
  openGate,
  place,
  refusedFile,
  releaseReport,
  serve,
  SITE,
  textAt,
  unsealed,
  wheelOf,
  type Gate,
} from '../arrange.ts'
import { isClean, type AuditReport } from '../index.ts'

const SCRIPT =
  "#!/venv/bin/python\n# -*- coding: utf-8 -*-\nimport re\nimport sys\nfrom demo.cli import main\nif __name__ == '__main__':\n    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])\n    sys.exit(main())\n"
const INFO = `${SITE}/demo-1.0.dist-info`
const demo = wheelOf('demo', '1.0', {
  files: {
    'demo/__init__.py': 'x = 1\n',
    'demo-1.0.data/scripts/old.py': '#!python\nprint(1)\n',
    'demo-1.0.data/data/share/demo.txt': 'text\n',
    'demo-1.0.dist-info/entry_points.txt': '[console_scripts]\ndemo = demo.cli:main\n',
  },
})

let [gate, root]: [Gate, string] = [undefined as never, '']
beforeEach(async () => {
  gate = await openGate()
  root = await mkdtemp(join(tmpdir(), 'wheelseal-environment-'))
  serve(gate, demo)
  await install(root, demo, { 'bin/demo': SCRIPT })
})
afterEach(async () => {
  gate.close()
  await rm(root, { recursive: true })
})

const audited = (): Promise<AuditReport> => auditAt(gate, root)
const factsOf = ({ distributions, findings }: AuditReport): readonly string[] =>
  [...distributions.flatMap((one) => one.findings), ...findings].map(({ fact }) => fact)
const statesOf = ({ distributions }: AuditReport): readonly string[] =>
  distributions.map(({ state }) => state)
const clean = (report: AuditReport): boolean => isClean(report, { strict: false })

describe('an environment', () => {
  it('has every file of a sealed wheel, with what installers add', async () => {
    await place(root, `${SITE}/demo/__pycache__/__init__.cpython-311.pyc`, 'x')
    const report = await audited()
    expect([statesOf(report), clean(report), report.bytecodeFiles]).toEqual([['sealed'], true, 1])
    expect(factsOf(report)).toEqual(['1 bytecode files have no hash and were not looked at'])
    expect(isClean(report, { strict: true })).toBe(false)
  })

  it.each([
    [`${SITE}/demo/__init__.py`, 'x = 2\n'],
    [`${INFO}/METADATA`, 'Name: demo\nVersion: 1.0\n'],
    ['bin/old.py', '#!/venv/bin/python\nprint(2)\n'],
    ['bin/old.py', 'print(1)\n'],
    ['share/demo.txt', 'other\n'],
  ])('names the one file that was changed: %s', async (path, text) => {
    await place(root, path, text)
    const report = await audited()
    expect([statesOf(report), clean(report)]).toEqual([['changed'], false])
    expect(factsOf(report)).toEqual([`${path} is not as in the wheel`])
  })

  it('names a file that was changed together with its line of RECORD', async () => {
    const other = wheelOf('demo', '1.0', { files: { 'demo/__init__.py': 'x = 2\n' } })
    await rm(join(root, SITE), { recursive: true })
    await install(root, other)
    expect(factsOf(await audited())).toContain(`${SITE}/demo/__init__.py is not as in the wheel`)
  })

  it('names what is gone, what is a link, and what leads out', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'wheelseal-elsewhere-'))
    await place(elsewhere, 'demo.txt', 'text\n')
    await unlink(join(root, 'bin/old.py'))
    await unlink(join(root, `${SITE}/demo/__init__.py`))
    await place(elsewhere, 'same.py', 'x = 1\n')
    await symlink(join(elsewhere, 'same.py'), join(root, `${SITE}/demo/__init__.py`))
    await rm(join(root, 'share'), { recursive: true })
    await symlink(elsewhere, join(root, 'share'))
    const facts = factsOf(await audited())
    await rm(elsewhere, { recursive: true })
    expect(facts.toSorted()).toEqual([
      'bin/old.py is missing',
      `${SITE}/demo/__init__.py is a link, or not a file`,
      'share/demo.txt is outside of the environment',
    ])
  })

  it.each([
    [
      'bin/demo',
      SCRIPT.replace('import sys', 'import sys; import evil'),
      'does more than to call its entry point',
    ],
    ['bin/demo', SCRIPT.replace('demo.cli', 'evil.cli'), 'does more than to call its entry point'],
    ['bin/evil', SCRIPT, 'is not in the wheel'],
    [`${SITE}/demo/evil.py`, 'x', 'is not in the wheel'],
    [`${SITE}/demo/evil.pyc`, 'x', 'is not in the wheel'],
  ])('names what RECORD has beside the wheel: %s', async (path, text, fact) => {
    await rm(join(root, SITE), { recursive: true })
    await install(root, demo, { 'bin/demo': SCRIPT, [path]: text })
    expect(factsOf(await audited())).toEqual([`${path} ${fact}`])
  })

  it.each([
    [`${SITE}/evil.pth`, false],
    [`${SITE}/demo/evil.py`, false],
    [`${SITE}/demo/sourceless.pyc`, false],
    [`${INFO}/entry_points.py`, false],
    [`${SITE}/demo/notes.txt`, true],
    [`${SITE}/_virtualenv.pth`, true],
  ])('names what belongs to no distribution: %s', async (path, isPassed) => {
    await place(root, path, 'import os\n')
    const report = await audited()
    expect(factsOf(report)).toEqual([`${path} belongs to no distribution`])
    expect([clean(report), isClean(report, { strict: true })]).toEqual([isPassed, false])
  })

  it.each([
    ['bin/old.py', '#!/venv/bin/python\nimport evil\n# for the third line\nprint(1)\n'],
    ['bin/old.py', '#!/bin/sh -c evil\nprint(1)\n'],
    ['bin/demo', SCRIPT.replace('#!/venv/bin/python', '#!/usr/bin/env -S sh -c evil')],
  ])('names a script that something else than a Python starts: %s', async (path, text) => {
    await place(root, path, text)
    expect(statesOf(await audited())).toEqual(['changed'])
  })

  it.each([
    '#!/venv/bin/python3.13',
    "#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''",
    '#!C:\\v\\python.exe',
  ])('may have its scripts started by %j', async (start) => {
    await place(root, 'bin/old.py', `${start}\nprint(1)\n`)
    await place(
      root,
      'bin/demo',
      SCRIPT.replace('#!/venv/bin/python', () => start),
    )
    expect(factsOf(await audited())).toEqual([])
  })

  it('names a changed script that was taken out of RECORD', async () => {
    await rm(join(root, SITE), { recursive: true })
    await install(root, demo)
    await place(root, 'bin/demo', SCRIPT.replace('import sys', 'import sys; import evil'))
    expect(factsOf(await audited())).toEqual(['bin/demo does more than to call its entry point'])
  })

  it('is looked at where Python finds it, behind a link too', async () => {
    await rename(join(root, 'lib'), join(root, 'lib64'))
    await place(root, `elsewhere/${SITE.slice('lib/'.length)}/evil.py`, 'x')
    await symlink('elsewhere', join(root, 'lib'))
    const report = await audited()
    expect([factsOf(report), clean(report)]).toEqual([
      [`elsewhere/${SITE.slice('lib/'.length)}/evil.py belongs to no distribution`],
      false,
    ])
  })

  it('is refused where Python finds another one, behind a link out of it', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'wheelseal-elsewhere-'))
    await place(root, 'lib/python3.9/site-packages/x.txt', 'x')
    await rm(join(root, SITE), { recursive: true })
    await symlink(elsewhere, join(root, SITE))
    await expect(audited()).rejects.toMatchObject({ code: 'audit.target', exit: 2 })
    await rm(elsewhere, { recursive: true })
  })

  it('fails where it is strict for what says that it is of a folder', async () => {
    await place(root, `${INFO}/direct_url.json`, '{"url": "file:///x", "dir_info": {}}')
    await place(root, `${SITE}/demo/__init__.py`, 'x = 2\n')
    const report = await audited()
    expect([statesOf(report), isClean(report, { strict: true })]).toEqual([['local'], false])
  })

  it('has the scripts of pip under the names of its Python', async () => {
    const files = { 'pip-9.dist-info/entry_points.txt': '[console_scripts]\npip = demo.cli:main\n' }
    const pip = wheelOf('pip', '9', { files })
    serve(gate, pip)
    await install(root, pip, { 'bin/pip': SCRIPT, 'bin/pip3.11': SCRIPT })
    expect(factsOf(await audited())).toEqual([])
    await install(root, pip, { 'bin/pip': SCRIPT, 'bin/pip3.11': SCRIPT.replace('demo', 'evil') })
    expect(factsOf(await audited())).toEqual(['bin/pip3.11 does more than to call its entry point'])
  })

  it('that was built of an sdist cannot be tied, and fails where it is strict', async () => {
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [unsealed(fileReport('demo-1.0.tar.gz'))]))
    const report = await audited()
    expect([statesOf(report), clean(report), isClean(report, { strict: true })]).toEqual([
      ['built'],
      true,
      false,
    ])
    gate.reports.set(
      'demo/1.0',
      releaseReport('demo', '1.0', [refusedFile('demo-1.0.tar.gz', 'gate.unsigned', 'x')]),
    )
    expect(statesOf(await audited())).toEqual(['refused'])
  })

  it('is not known where the release has neither its wheel nor an sdist', async () => {
    gate.reports.set('demo/1.0', releaseReport('demo', '1.0', [fileReport('demo-1.0-cp311-cp311-win32.whl')]))
    expect(statesOf(await audited())).toEqual(['unknown'])
    gate.reports.delete('demo/1.0')
    expect(statesOf(await audited())).toEqual(['unknown'])
  })

  it('does not ask for a wheel that is refused', async () => {
    gate.reports.set(
      'demo/1.0',
      releaseReport('demo', '1.0', [refusedFile(demo.fileName, 'verify.identity', 'x')]),
    )
    expect(statesOf(await audited())).toEqual(['refused'])
    expect(gate.asked).toEqual(['/gate/prod/why/demo/1.0'])
  })

  it.each([
    ['other bytes', () => gate.files.set(demo.fileName, new Uint8Array(9)), /other bytes than its report/],
    ['no such file', () => gate.files.delete(demo.fileName), /other bytes than its report/],
    ['a wheel elsewhere', () => serve(gate, demo, { url: 'https://evil.example/x.whl' }), /elsewhere/],
  ])('is not decided where the gate has %s', async (_what, change, fact) => {
    change()
    const report = await audited()
    expect([statesOf(report), clean(report)]).toEqual([['undecided'], false])
    expect(factsOf(report)[0]).toMatch(fact)
  })

  it.each([
    ['{"url": "file:///src/demo", "dir_info": {"editable": true}}', 'local'],
    ['{"url": "https://git.example/demo", "vcs_info": {"vcs": "git"}}', 'around'],
    ['{"url": "file:///dist/demo-1.0-py3-none-any.whl", "archive_info": {}}', 'sealed'],
    [
      '{"url": "file:///dist/demo-1.0-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "%"}}}'.replace(
        '%',
        'a'.repeat(64),
      ),
      'around',
    ],
    ['{"url": "https://x.example/demo-1.0-py3-none-any.whl", "archive_info": {}}', 'around'],
  ])('says where it was installed from: %s', async (direct, state) => {
    await rm(join(root, SITE), { recursive: true })
    await install(root, demo, { 'bin/demo': SCRIPT, [`${INFO}/direct_url.json`]: direct })
    expect(statesOf(await audited())).toEqual([state])
  })

  it.each(['METADATA', 'RECORD', 'direct_url.json'])(
    'is not decided where its %s is malformed',
    async (file) => {
      await place(root, `${INFO}/${file}`, '{"\n')
      expect(statesOf(await audited())).toEqual(['undecided'])
    },
  )

  it('is looked at too where it is a plain folder, and refused where it is none', async () => {
    expect(await auditAt(gate, join(root, SITE)).then(({ kind }) => kind)).toBe('environment')
    await expect(auditAt(gate, join(root, 'share'))).rejects.toMatchObject({ code: 'audit.target', exit: 2 })
    expect(await textAt(root, 'share/demo.txt')).toBe('text\n')
  })
})
