import { defineErrors } from '../base/index.ts'

export const packagingErrors = defineErrors({
  'packaging.no-project': {
    status: 400,
    exit: 1,
    summary: 'The folder is not a Python project that can be built.',
    hint: 'name the folder that has pyproject.toml (or setup.py) with -C',
  },
  'packaging.front-end': {
    status: 500,
    exit: 1,
    summary: 'The standard build front end could not be installed or started.',
    hint: 'install Python 3.9 or newer with its venv module, and check that pip reaches a package index (PIP_INDEX_URL, proxy, certificate authority)',
  },
  'packaging.back-end': {
    status: 400,
    exit: 1,
    summary: 'The build back end of the project failed.',
    hint: 'fix what the last lines of its output name; python -m build in the folder shows all of it',
  },
  'packaging.built': {
    status: 400,
    exit: 1,
    summary: 'What was built is not one wheel and one sdist of one name and version, as an index demands.',
    hint: 'correct the metadata in pyproject.toml, and build again',
  },
  'packaging.other-bytes-here': {
    status: 409,
    exit: 1,
    summary: 'The output folder has a file of this name with other bytes.',
    hint: 'raise the version, or move the file away if it was never published',
  },
  'packaging.output': {
    status: 500,
    exit: 1,
    summary: 'The output folder cannot be read or written.',
    hint: 'name a folder that this user may write to with --out',
  },
  'packaging.not-reproducible': {
    status: 409,
    exit: 1,
    summary: 'Two builds of the same sources differ.',
    hint: 'look at the named member: a timestamp, an order or a path of the machine usually gets into it; SOURCE_DATE_EPOCH is set in both builds',
  },
  'packaging.tag-version': {
    status: 409,
    exit: 1,
    summary: 'The tag names another version than the one that was built from it.',
    hint: "set the project's version to that of the tag and tag that commit; --any-version builds whatever the tag says",
  },
  'packaging.target': {
    status: 400,
    exit: 2,
    summary: 'It is not known which project of which server is meant, or how to log in there.',
    hint: 'outside of a job give --api URL and --project ID or GROUP/NAME, and a token in WHEELSEAL_TOKEN',
  },
  'packaging.file': {
    status: 400,
    exit: 1,
    summary: 'A file to publish cannot be read, or is not a distribution.',
    hint: 'name wheels and sdists; their seals are found next to them',
  },
  'packaging.no-seal': {
    status: 400,
    exit: 1,
    summary: 'A distribution to publish has no seal next to it.',
    hint: "sign it first with 'wheelseal sign', or publish without seals with --no-seals",
  },
  'packaging.wrong-seal': {
    status: 400,
    exit: 1,
    summary: 'A seal next to a distribution is not one of this distribution.',
    hint: "remove it, and sign the distribution again with 'wheelseal sign'; or publish without seals with --no-seals",
  },
  'packaging.taken': {
    status: 409,
    exit: 1,
    summary: 'The registry has a file of this name with other bytes.',
    hint: 'raise the version: a published file never changes',
  },
  'packaging.upload': {
    status: 502,
    exit: 1,
    summary: 'The registry refused an upload.',
    hint: 'the text after the status is the answer of the registry; publish again when its reason is gone: what is there already is skipped',
  },
  'packaging.read-back': {
    status: 502,
    exit: 1,
    summary: 'What the registry gives back is not what was uploaded.',
    hint: 'do not use this release; tell the operator of the registry, and compare the file there with yours',
  },
})
