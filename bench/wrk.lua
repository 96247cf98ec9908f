-- wrk -s wrk.lua URL -- [PATHS]: asks for the paths of a file in turn, or for the URL; the last line of output is JSON.
local paths = {}
local at = 0

function init(args)
  if args[1] then
    for line in io.lines(args[1]) do
      paths[#paths + 1] = wrk.format("GET", line)
    end
    request = function()
      at = at % #paths + 1
      return paths[at]
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%.0f,"p50Ms":%.4f,"p99Ms":%.4f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
