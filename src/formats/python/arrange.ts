/** For tests only: what both our parsers and Python's `packaging` accept. */
export const NAMES: readonly (readonly [string, string])[] = [
  ['friendly-bard', 'friendly-bard'],
  ['Friendly-Bard', 'friendly-bard'],
  ['FRIENDLY.BARD', 'friendly-bard'],
  ['friendly_bard', 'friendly-bard'],
  ['friendly--bard', 'friendly-bard'],
  ['FrIeNdLy-._.-bArD', 'friendly-bard'],
  ['a', 'a'],
  ['7', '7'],
]

export const VERSIONS: readonly (readonly [string, string, string])[] = [
  ['1.0.0', '1.0.0', '1'],
  ['1.0', '1.0', '1'],
  ['0', '0', '0'],
  ['0.0', '0.0', '0'],
  ['v1.0', '1.0', '1'],
  ['1!2.0', '1!2.0', '1!2'],
  ['1.0-ALPHA', '1.0a0', '1a0'],
  ['1.0.c.4', '1.0rc4', '1rc4'],
  ['1.0-1', '1.0.post1', '1.post1'],
  ['1.0.rev', '1.0.post0', '1.post0'],
  ['1.0dev', '1.0.dev0', '1.dev0'],
  ['1.0a1.post2.dev3+Ubuntu-07', '1.0a1.post2.dev3+ubuntu.7', '1a1.post2.dev3+ubuntu.7'],
  ['01.002', '1.2', '1.2'],
  ['1.0+0e9.0x1f.infinity', '1.0+0e9.0x1f.infinity', '1+0e9.0x1f.infinity'],
]

export const FILES: readonly string[] = [
  'my_pkg-1.0.0-py3-none-any.whl',
  'my_pkg-1.0.0.tar.gz',
  'my-pkg-1.0.0.tar.gz',
  'My.Pkg-1.0.0.tar.gz',
  'foo_bar-1.0-1build-cp312.cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  'foo-1!2.0+local.1-py2.py3-none-any.whl',
  'foo-1.0+l.0.tar.gz',
  'a-0.tar.gz',
]
