-- A machine that was saved and restored goes on as if nothing had happened: at random instructions of a boot, to the
-- bit, 10^8 instructions later.
--   platter test save_restore.lua [-D images=FOLDER] [-D points=200]
-- Shows m:save, m:restore, states as files, and m:step to a given instruction.

local after = 100000000

-- Runs one machine to each of the points and back, another one from the file, and compares where all of them end.
local function compare(t, make, boot)
  local points = tonumber(t:param("points", 10))
  local m = make()
  local power_on = m:save()
  m:step(boot + after)
  local expected = m:hash()
  local screen = m:screen()
  local file = t:tmp("machine.pst")
  for number = 1, points do
    local point = math.random(boot)
    m:restore(power_on)
    m:step(point)
    local state = m:save()
    m:save_state(file)
    local hash = m:hash()
    m:step(boot + after - point)
    t:must(t:eq(m:hash(), expected, "saving changed the run, at instruction " .. point))
    m:restore(state)
    t:must(t:eq(m:hash(), hash, "restored at instruction " .. point))
    m:step(boot + after - point)
    t:must(t:eq(m:hash(), expected, "went another way from instruction " .. point))
    if number <= 20 then             -- a machine of its own takes longest to make
      local other = make()
      other:load_state(file)
      other:step(boot + after - point)
      t:must(t:eq(other:hash(), expected, "the file went another way from instruction " .. point))
      t:eq(other:screen(), screen)
      other:poweroff()
    end
  end
end

test("the demo disk, saved anywhere", { timeout = 3600, wall_timeout = 1800 }, function(t)
  compare(t, function() return t:machine {} end, 40000000)
end)

test("a DOS boot, saved anywhere", { timeout = 36000, wall_timeout = 1800, tags = { "boot" } }, function(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  compare(t, function()
    return t:machine { drive = { { bus = "fd0", file = image, mode = "discard" } } }
  end, 160000000)
end)

test("a busy DOS, saved anywhere", { timeout = 36000, wall_timeout = 1800, tags = { "boot" } }, function(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  compare(t, function()
    local m = t:machine { drive = { { bus = "fd0", file = image, mode = "discard" } } }
    m:expect("Select from Menu")
    m:key("enter")
    m:expect("A:\\>")
    m:type("for %f in (1 2 3 4 5 6 7 8 9) do copy kernel.sys %f.tmp\n")
    return m
  end, 400000000)
end)
