-- A prompt that was there before never counts, however the screen moves: text that scrolls by at any speed.
--   platter test stale_prompt.lua -D images=FOLDER

for _, mips in ipairs { 1, 2, 3, 5, 7, 20, 100 } do
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
    local last = 0
    for line in m:transcript():gmatch("line (%d+) of those") do
      t:must(t:eq(tonumber(line), last + 1, "the next row in the transcript"))
      last = last + 1
    end
    t:eq(last, 60)
  end)
end
