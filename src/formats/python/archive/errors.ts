import { defineErrors } from '../../../base/index.ts'

const rebuild = "build the file again with 'python -m build', and change nothing in it afterwards"

/** What is wrong with a distribution. The page docs/reference/check-dist.md has a row for each. */
export const distributionErrors = defineErrors({
  'distribution.file-type': {
    status: 400,
    exit: 1,
    summary: 'The file is neither a wheel nor a .tar.gz sdist.',
    hint: 'upload a .whl file, and the source as .tar.gz (PEP 625); .zip sdists and eggs are refused',
  },
  'distribution.structure': {
    status: 400,
    exit: 1,
    summary: 'The archive is truncated or malformed.',
    hint: rebuild,
  },
  'distribution.extra-bytes': {
    status: 400,
    exit: 1,
    summary: 'The archive has bytes before, between or after its parts, or consists of several archives.',
    hint: rebuild,
  },
  'distribution.headers-differ': {
    status: 400,
    exit: 1,
    summary:
      'Two headers of the archive contradict each other, so that two installers could unpack different files.',
    hint: rebuild,
  },
  'distribution.feature': {
    status: 400,
    exit: 1,
    summary: 'The archive uses a feature that installers read differently or not at all.',
    hint: `${rebuild}; plain zip with stored or deflated members and plain pax tar are read alike everywhere`,
  },
  'distribution.content': {
    status: 400,
    exit: 1,
    summary:
      'The data of a member is damaged: its size or checksum is not as announced, or it cannot be decompressed.',
    hint: rebuild,
  },
  'distribution.too-large': {
    status: 413,
    exit: 1,
    summary: 'The archive has too many members, too long names, or unpacks to too much.',
    hint: 'leave large data out of the distribution; docs/reference/check-dist.md lists the limits',
  },
  'distribution.member-path': {
    status: 400,
    exit: 1,
    summary: 'The path of a member leads outside of the archive, or is not the same path on every system.',
    hint: 'use relative paths with "/", without "..", ".", backslashes, drive letters and control characters',
  },
  'distribution.member-collision': {
    status: 400,
    exit: 1,
    summary: 'Two members have the same path, or would overwrite each other on some systems.',
    hint: 'remove one of the members; names that differ only in case are one file on macOS and Windows',
  },
  'distribution.member-type': {
    status: 400,
    exit: 1,
    summary: 'A member is a device, a pipe, or a link that leads outside of the archive.',
    hint: 'replace links by copies, and leave devices and pipes out',
  },
  'distribution.member-mode': {
    status: 400,
    exit: 1,
    summary: 'A member is set-user-ID or set-group-ID.',
    hint: "remove the permission with 'chmod ug-s FILE' and build again",
  },
  'distribution.root': {
    status: 400,
    exit: 1,
    summary: 'The members of the sdist are not all below one folder NAME-VERSION.',
    hint: "build the sdist with 'python -m build --sdist', which puts all files below NAME-VERSION/ (PEP 625)",
  },
  'distribution.dist-info': {
    status: 400,
    exit: 1,
    summary:
      'The wheel does not have exactly one .dist-info folder, of the name and version in its file name.',
    hint: "build the wheel again; renaming a wheel does not change its version, 'wheel tags' changes its tags",
  },
  'distribution.missing-file': {
    status: 400,
    exit: 1,
    summary: 'The distribution lacks a file that every distribution of its kind has.',
    hint: "build it with 'python -m build', which writes METADATA, WHEEL and RECORD, or PKG-INFO",
  },
  'distribution.record': {
    status: 400,
    exit: 1,
    summary:
      'The RECORD of the wheel is malformed, or does not list exactly the files of the wheel with their digests.',
    hint: "after a change of a wheel's files, run 'wheel unpack' and 'wheel pack', which write RECORD again",
  },
  'distribution.wheel-file': {
    status: 400,
    exit: 1,
    summary: 'The WHEEL file is malformed, or its tags are not those of the file name.',
    hint: "change the tags of a wheel with 'wheel tags' and not by renaming it",
  },
  'distribution.metadata': {
    status: 400,
    exit: 1,
    summary: 'The core metadata (METADATA or PKG-INFO) is malformed.',
    hint: "run 'twine check' and build again with a newer build backend",
  },
  'distribution.mismatch': {
    status: 400,
    exit: 1,
    summary: 'The name or version in the metadata is not that of the file name.',
    hint: 'build again under the right version; a distribution cannot be renamed',
  },
  'distribution.requires-python': {
    status: 400,
    exit: 1,
    summary: 'Requires-Python is not a valid version specifier.',
    hint: "write requires-python as in '>=3.9' or '>=3.9,<4' (PEP 440)",
  },
  'distribution.entry-point': {
    status: 400,
    exit: 1,
    summary: 'A script in entry_points.txt has a name that is not a plain file name.',
    hint: 'name scripts with letters, digits, "_", "." and "-" only',
  },
})

export type DistributionCode = Parameters<typeof distributionErrors>[0]
