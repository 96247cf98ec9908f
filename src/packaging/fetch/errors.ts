import { defineErrors } from '../../base/index.ts'

export const fetchErrors = defineErrors({
  'packaging.requirement': {
    status: 400,
    exit: 2,
    summary: 'What is to be fetched is not a package name with an exact version.',
    hint: 'write NAME==VERSION, such as acme-tools==1.0.0',
  },
  'packaging.index': {
    status: 400,
    exit: 2,
    summary: 'It is not said which index is asked, or its URL cannot be used.',
    hint: 'give --index-url URL of a simple index, or --api URL and --project GROUP/NAME of a GitLab',
  },
  'packaging.absent': {
    status: 404,
    exit: 1,
    summary: 'The index has no file of this version.',
    hint: 'check the name and the version, and whether the token may read the project; a private index answers as if nothing were there',
  },
  'packaging.quarantined': {
    status: 403,
    exit: 1,
    summary: 'The project is quarantined by the operator of its index.',
    hint: 'do not install it; ask the operator of the index for the reason',
  },
  'packaging.ambiguous': {
    status: 502,
    exit: 1,
    summary: 'The index lists several files for one distribution.',
    hint: 'tell the operator of the index; which of the files is meant cannot be known',
  },
  'packaging.no-digest': {
    status: 502,
    exit: 1,
    summary: 'The index lists a file without its SHA-256 digest.',
    hint: 'upload the file again with a client that sends its digest, such as twine',
  },
  'packaging.too-many': {
    status: 502,
    exit: 1,
    summary: 'The version has more files, or larger ones, than are fetched at once.',
    hint: 'tell the operator of the index, if this is not what was published',
  },
  'packaging.digest': {
    status: 502,
    exit: 1,
    summary: 'The bytes of a file are not those that the index lists.',
    hint: 'try again; if it fails again, tell the operator of the index: the file was changed or damaged',
  },
  'packaging.no-wheel': {
    status: 422,
    exit: 1,
    summary: 'The version has no wheel, and no code of an sdist is run unless that is asked for.',
    hint: 'add --allow-sdist: the installer then builds the verified sdist, which runs its code',
  },
  'packaging.dependencies': {
    status: 422,
    exit: 1,
    summary: 'With an index for dependencies a version can be installed only if it has one wheel.',
    hint: 'leave out --deps-from, and install the dependencies with a second command',
  },
  'packaging.no-installer': {
    status: 500,
    exit: 1,
    summary: 'Neither pip nor uv was found.',
    hint: 'activate the virtual environment to install into, or name its Python with --python PATH',
  },
  'packaging.installer': {
    status: 500,
    exit: 1,
    summary: 'The installer failed; the files that it was given are verified.',
    hint: 'the output of the installer above has the reason',
  },
})
