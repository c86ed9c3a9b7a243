-- The built-in demo disk, which needs no image: what a first script looks like.
--   platter test demo_disk.lua
-- Shows waiting for text, keys, the cursor, the disk's figures, whose a sector is, and a second machine.

test("the demo disk starts and shows its disk", { timeout = 30 }, function(t)
  local m = t:machine {}                       -- a 386 with 4 MiB; no drive given: the demo disk
  m:expect({ "Platter Disk Lab", "READY" })
  t:match(m:screen(1), "Disk Lab")

  local disk = m:disk("ide0.0")
  t:eq(disk:stats().sectors_written, 0, "looking writes nothing")
  t:eq(disk:read(0):sub(511, 512), "\x55\xAA")
  t:eq(disk:owner(133), "/README.TXT")
end)

test("a file is created and read back", { timeout = 60 }, function(t)
  local m = t:machine { cpu = "286", ram = "1M" }
  m:expect("READY")
  m:type("c")
  m:expect("(#1)")
  t:lt(0, m:disk("ide0.0"):stats().sectors_written)
  m:key("shift-v")
  m:expect("both FATs equal (#2)")
end)

test("two machines that do the same are the same", { timeout = 60 }, function(t)
  local one, two = t:machine {}, t:machine {}
  for _, m in ipairs { one, two } do
    m:expect("READY")
    m:type("c")
    m:expect("(#1)")
  end
  t:eq(one:hash(), two:hash())
end)
