-- One sector of the disk goes bad: DOS says so, and Retry works once the sector has recovered.
--   platter test disk_fault.lua -D images=FOLDER
-- fault{} makes the drive fail as a real one does; `times` counts what the guest gets to see.

local function prepared(t)
  local image = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
  local m = t:machine {
    drive = { { bus = "fd0", file = image, mode = "discard" },
              { bus = "ide0.0", file = t:tmp("hd.img", { create = "raw,8M" }) } },
  }
  m:expect("A:\\>", 30)
  m:type("fdisk /auto\n")
  m:expect("A:\\>", 30)
  m:reset()
  m:expect("A:\\>", 60)
  m:type("format c: /q /u /v:FAULTY\n")
  m:expect("YES")
  m:type("YES\n")
  m:expect({ "complete", "A:\\>" }, 120)
  return m
end

-- Where the text stands on the disk.
local function find(disk, text)
  local sectors = disk:stats().sectors
  for lba = 0, sectors - 1 do
    if disk:read(lba):sub(1, #text) == text then return lba end
  end
end

test("UNC on one LBA: DOS asks, Retry goes on", { timeout = 300, tags = { "boot" } }, function(t)
  local m = prepared(t)
  m:type("echo PLATTER-MARK>c:\\mark.txt\n")
  m:expect("A:\\>")
  local hd = m:disk("ide0.0")
  local lba = t:must(find(hd, "PLATTER-MARK"), "the file is not on the disk")

  hd:fault { lba = lba, error = "UNC", on = "read" }
  m:reset()                             -- with nothing in DOS's buffers
  m:expect("A:\\>", 60)
  m:type("type c:\\mark.txt\n")
  m:expect("(R)etry", 60)
  t:lt(0, hd:stats().faults_shown)

  hd:fault()                            -- the sector recovers
  m:key("r")
  m:expect("PLATTER-MARK", 30)
end)
