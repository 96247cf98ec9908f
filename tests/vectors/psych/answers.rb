# What Ruby's Psych reads in each document of answers.json, with the options of GitLab (Gitlab::Config::Loader::Yaml).
# `ruby tests/vectors/psych/answers.rb` asks again and writes the file anew; a new document is a row ["text", null].
# Asked last: Psych 5.1.2, which comes with GitLab's Ruby 3.3, over libyaml 0.2.5. The test that compares needs no Ruby.
# The texts: scalars at the borders of what Psych reads as a number, a word or a date, as values, items and keys;
# tags, quotes, blocks, anchors and merge keys; and 4,000 documents made of these at random.
require 'json'
require 'psych'
abort 'Psych 5 or later is wanted' if Psych::VERSION.to_i < 5

def encode(value)
  case value
  when nil, true, false, String then value
  when Integer then { int: value.to_s }
  when Float then { float: value.to_s }
  when Symbol then { symbol: value.to_s }
  when Array then value.map { |item| encode(item) }
  when Hash then { map: value.map { |key, item| [encode(key), encode(item)] } }
  else { other: value.class.to_s }
  end
end

# SystemStackError: an alias inside of what it stands for.
def answer(text)
  encoded = encode(Psych.safe_load(text, permitted_classes: [Symbol], permitted_symbols: [], aliases: true))
  JSON.generate(encoded)
  encoded
rescue Psych::Exception, ArgumentError, TypeError, SystemStackError => error
  { error: error.class.to_s }
end

path = File.join(__dir__, 'answers.json')
rows = JSON.parse(File.read(path)).map { |text, _| JSON.generate([text, answer(text)]) }
File.write(path, "[\n#{rows.join(",\n")}\n]\n")
