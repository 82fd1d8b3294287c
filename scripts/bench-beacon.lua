-- Load for scripts/bench-beacon: distinct paths, browser-like headers, a cookie of the server's own
-- on every second request. At the end one line of figures on stdout.
local paths = {}
local at = 0
local headers = "Host: beacon.example\r\n"
  .. "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n"
  .. "Accept: image/avif,image/webp,image/apng,image/*,*/*;q=0.8\r\n"
  .. "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n"
  .. "Sec-Fetch-Dest: image\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: cross-site\r\n"
  .. "Referer: https://mail.example/\r\n"

function init(arguments)
  local cookie = "Cookie: theme=dark; " .. (arguments[2] or "none=1") .. "\r\n"
  for path in io.lines(arguments[1]) do
    paths[#paths + 1] = path
  end
  for i, path in ipairs(paths) do
    local own = i % 2 == 0 and headers .. cookie or headers
    paths[i] = "GET " .. path .. " HTTP/1.1\r\n" .. own .. "\r\n"
  end
end

function request()
  at = at % #paths + 1
  return paths[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("FIGURES %.1f %.3f %.3f %d %d\n",
    summary.requests * 1e6 / summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
