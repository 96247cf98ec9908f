import { defineErrors } from '../base/index.ts'

export const registryErrors = defineErrors({
  'registry.form': {
    status: 400,
    exit: 1,
    summary: 'A field of the upload form is missing or malformed.',
    hint: "upload with 'twine upload', which fills in the fields",
  },
  'registry.mismatch': {
    status: 400,
    exit: 1,
    summary: 'The file name of an upload does not match the package and version in its form.',
    hint: "upload the file under the name that the build gave it; 'twine upload' reads name and version from the file",
  },
  'registry.digest-mismatch': {
    status: 400,
    exit: 1,
    summary: 'The digest of the received file differs from the digest in the form.',
    hint: 'upload the file again',
  },
  'registry.file-taken': {
    status: 400,
    exit: 1,
    summary: 'A different file with this name was already published.',
    hint: 'release a new version; published files are never replaced',
  },
  'registry.generic-taken': {
    status: 400,
    exit: 1,
    summary: 'A generic file with this name and other content was already uploaded.',
    hint: 'use a new version; a Maintainer can let the project keep duplicates, as GitLab does',
  },
  'registry.too-large': {
    status: 413,
    exit: 1,
    summary: 'An uploaded file exceeds the limit of the registry.',
    hint: 'upload a smaller file; docs/reference/configuration.md lists the limits',
  },
  'registry.generic-name': {
    status: 400,
    exit: 1,
    summary: 'The name, version or file name of a generic package contains a character that is not allowed.',
    hint: 'use ASCII letters, digits, ".", "_", "-" and "+"; in versions and file names "!" too, in file names "/"',
  },
  'registry.unknown-package': {
    status: 404,
    exit: 1,
    summary: 'The project has no package of that name.',
    hint: 'check the name and the project; an installer needs the index of the project that published the package',
  },
  'registry.unknown-file': {
    status: 404,
    exit: 1,
    summary: 'The package has no such file.',
    hint: 'check the name, the version and the file name',
  },
  'registry.unknown-version': {
    status: 404,
    exit: 1,
    summary: 'The package has no such version, or every file of it was deleted.',
    hint: 'check the name and the version; the simple index of the project lists both',
  },
  'registry.reason': {
    status: 400,
    exit: 2,
    summary: 'A reason is too long, or contains a character that is not printable.',
    hint: 'give the reason as one line of at most 500 characters',
  },
  'registry.file-deleted': {
    status: 400,
    exit: 1,
    summary: 'A file with this name was published and deleted.',
    hint: 'release a new version; the name of a deleted file is never used again',
  },
  'registry.closed': {
    status: 403,
    exit: 1,
    summary: 'The package is archived or quarantined and takes no new files.',
    hint: 'ask a maintainer of the project to make the package active again',
  },
  'registry.quarantined': {
    status: 403,
    exit: 1,
    summary: 'A file is quarantined and is not served.',
    hint: 'install another version; a maintainer of the project can lift the quarantine',
  },
  'registry.rule': {
    status: 400,
    exit: 2,
    summary: 'The publish rule of a project is not a rule.',
    hint: 'give a policy (docs/reference/policy.md), or the project identity, or turn the rule off',
  },
  'registry.attestations': {
    status: 400,
    exit: 1,
    summary: 'The attestations of an upload are malformed.',
    hint: 'send a JSON list of at most two attestation objects (PEP 740), one publish attestation and one of provenance',
  },
  'registry.attestation-refused': {
    status: 400,
    exit: 1,
    summary: 'An attestation that was uploaded with a file does not verify.',
    hint: 'sign in a pipeline of this project on its default branch or a tag; or upload without attestations',
  },
  'registry.forwarding': {
    status: 400,
    exit: 2,
    summary: 'The forwarding of a project has a URL or a package name that is not allowed.',
    hint: 'give an http or https URL of a simple index without user, password, query or fragment, and at most 1,000 names',
  },
})
