import { defineErrors, errorKinds } from '../../base/index.ts'

const found = { status: 400, exit: 1 } as const

/** What an audit throws, and the codes of what it finds beside those of the gate. */
export const auditErrors = defineErrors({
  'audit.target': {
    status: 400,
    exit: 2,
    summary: 'What is to be audited is neither a lock nor a virtual environment.',
    hint: 'name a requirements.txt, pylock.toml, uv.lock, poetry.lock or pdm.lock, or the folder of a virtual environment',
  },
  'audit.lock-changed': {
    status: 409,
    exit: 1,
    summary: 'The lock was changed while identities were written into it.',
    hint: 'run the command again',
  },
  'audit.around': {
    ...found,
    summary: 'A distribution does not come through the gate.',
    hint: 'aim the installer at the gate as its only index and lock again; docs/how-to/audit-a-lock-or-environment.md has the lines',
  },
  'audit.unknown': {
    ...found,
    summary: 'The gate knows no such release, or no file of it with these bytes.',
    hint: 'lock or install again through the gate; another file under this name is what a replaced release looks like',
  },
  'audit.undecided': {
    ...found,
    summary: 'A distribution could not be judged.',
    hint: 'mend what is named, then audit again; nothing is known of the distribution until then',
  },
  'audit.unpinned': {
    ...found,
    summary: 'A lock pins no SHA-256 of what it installs.',
    hint: 'lock with hashes: pip-compile --generate-hashes, uv export, or pip lock',
  },
  'audit.unsealed': {
    ...found,
    summary: 'A distribution has no seal, and a strict audit asks for one.',
    hint: 'ask its maintainers to publish with attestations, or audit without --strict',
  },
  'audit.include': {
    ...found,
    summary: 'A requirements file names a second file, which was not read.',
    hint: 'audit that file too',
  },
  'audit.identity-changed': {
    ...found,
    summary: 'A package is signed by someone other than the lock says.',
    hint: "compare both with 'wheelseal why'; if the move is real, remove the attestation-identities of the package and run --write-identities",
  },
  'audit.identity-lost': {
    ...found,
    summary: 'A package has no seal of the identity that the lock says.',
    hint: "see 'wheelseal why'; a release that was not made by its pipeline looks like this",
  },
  'audit.changed': {
    ...found,
    summary: 'A file of an environment is not as in the wheel that was installed.',
    hint: 'install the distribution again, and find out who changed the file',
  },
  'audit.stray': {
    ...found,
    summary: 'A file of an environment belongs to no distribution.',
    hint: 'find out who put it there; .pth files and modules of that kind run with every start of Python',
  },
  'audit.built': {
    ...found,
    summary: 'A distribution was built on this machine, so that no wheel says how its files must be.',
    hint: 'install a wheel, with --only-binary :all: for example',
  },
  'audit.local': {
    ...found,
    summary:
      'A distribution says that it was installed from a folder, so that its files are compared with no wheel.',
    hint: 'if the project is not yours, install it again through the gate: anyone who can change an environment can write this into a distribution',
  },
  'audit.bytecode': {
    ...found,
    summary: 'Bytecode files of an environment have no hash to be compared with.',
    hint: "remove them: find VENV -name '*.pyc' -delete; Python writes them again from the sources",
  },
})

/** What the error catalogue says of a code, for other programs. */
export function aboutCode(code: string): { readonly summary: string; readonly hint: string } {
  return errorKinds().get(code) ?? { summary: code, hint: '' }
}
