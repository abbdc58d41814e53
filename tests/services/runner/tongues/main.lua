local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
local function fall(n) return fall(n + 1) + 1 end

local word, a, b = io.read("l"):match("(%a+) (%d+) (%d+)")
if word == "sum" then io.write(a + b)
elseif word == "deep" then io.write(deep(tonumber(a)))
elseif word == "throw" then error("thrown")
elseif word == "loop" then while true do end
elseif word == "hog" then local all = {} while true do all[#all + 1] = string.rep("x", 1 << 20) .. #all end
elseif word == "given" then
  for i = 1, #arg do io.write("[" .. arg[i] .. "]") end
  io.write(io.open("map/a.txt"):read("a"))
elseif word == "fall" then fall(0)
end
