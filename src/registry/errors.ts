import { defineErrors } from '../base/index.ts'

export const registryErrors = defineErrors({
  'registry.form': {
    status: 400,
    exit: 1,
    summary: 'An upload lacks a field, or one of its fields has a wrong form.',
    hint: "upload with 'twine upload', which fills the fields from the distribution",
  },
  'registry.mismatch': {
    status: 400,
    exit: 1,
    summary: 'The file name of an upload is not that of the package and version that the form names.',
    hint: "upload the file under the name that the build gave it; 'twine upload' reads name and version from the file",
  },
  'registry.digest-mismatch': {
    status: 400,
    exit: 1,
    summary: 'The bytes that arrived are not those that the form announces.',
    hint: 'upload the file again',
  },
  'registry.file-taken': {
    status: 400,
    exit: 1,
    summary: 'A distribution of that name was published before, with other bytes.',
    hint: 'raise the version; what was published is never replaced',
  },
  'registry.too-large': {
    status: 413,
    exit: 1,
    summary: 'An uploaded file is larger than the registry takes.',
    hint: 'upload a smaller file; the caps stand in docs/reference/configuration.md',
  },
  'registry.generic-name': {
    status: 400,
    exit: 1,
    summary:
      'The name, the version or the file name of a generic package has a character that is not allowed.',
    hint: 'use ASCII letters, digits, ".", "_", "-" and "+"; in versions and file names "!" too',
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
  'registry.forwarding': {
    status: 400,
    exit: 2,
    summary: 'The forwarding of a project was given a URL or a package name that is not allowed.',
    hint: 'give an http or https URL of a simple index without user, password, query or fragment, and at most 1,000 names',
  },
})
