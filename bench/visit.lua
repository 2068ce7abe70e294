-- wrk's script: GET of the given address, or POST of a visit that nobody has sent yet, of another office and from
-- another address each time. Arguments: "get" or "post", a path (empty: that of an office), the file of offices.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local offices, way, path = {}, "get", ""

function init(arguments)
  way, path = arguments[1], arguments[2]
  for line in io.lines(arguments[3]) do
    local code, purpose, district = line:match("(%S+) (%S+) (%S+)")
    offices[#offices + 1] = { code = code, purpose = purpose, district = district }
  end
  math.randomseed(tonumber(arguments[4]) + number)
  for _ = 1, 10 do math.random() end
end

local function hex(digits)
  return string.format("%0" .. digits .. "x", math.random(0, 16 ^ digits - 1))
end

local function uuid()
  return hex(8) .. "-" .. hex(4) .. "-4" .. hex(3) .. "-a" .. hex(3) .. "-" .. hex(6) .. hex(6)
end

local function address()
  return string.format("10.%d.%d.%d", math.random(0, 255), math.random(0, 255), math.random(1, 254))
end

function request()
  local office = offices[math.random(#offices)]
  local headers = { ["Accept-Encoding"] = "gzip", ["X-Forwarded-For"] = address() }
  local target = path ~= "" and path or "/k/" .. office.code .. "/kunjungan/"
  if way == "get" then return wrk.format("GET", target, headers) end
  headers["Content-Type"] = "application/x-www-form-urlencoded"
  if way == "post-with-token" then
    local token = string.rep("a", 32)
    headers["Cookie"], headers["X-CSRFToken"] = "csrftoken=" .. token, token
  end
  local body = "submission_id=" .. uuid() .. "&name=Siti+Rahmawati&phone=08" .. math.random(1000000000, 9999999999)
    .. "&visitor_kind=akademisi&organization=Universitas+Contoh&district=" .. office.district .. "&purpose="
    .. office.purpose .. "&meeting_with=&party_size=2&note=Membawa+surat+pengantar+dari+kampus."
  return wrk.format("POST", target, headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %f %f %d\n", summary.requests * 1e6 / summary.duration,
    latency:percentile(99) / 1000, failed))
end
