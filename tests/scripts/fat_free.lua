-- DOS deletes a tree, and the host gets its space back, on every format that can let go of it.
--   platter test fat_free.lua -D images=FOLDER [-D mb=20] [-D formats=growable,vmdk,raw,vhd]
-- Shows disks made ready for DOS in one step, files put into images and got back, fat_free.

local function tree(t, disk, folder, bytes, seed)
  -- Files of many sizes; no cluster is one repeated byte, and no two are alike.
  local base = {}
  local x = seed
  for i = 1, 512 do
    x = (x * 1103515245 + 12345) % 2147483648
    base[i] = string.format("%08x", x)
  end
  base = table.concat(base)                                 -- 4096 characters
  t:image { "fat", "mkdir", disk, "/" .. folder }
  local made, names = 0, {}
  while made < bytes do
    local number = #names
    if number % 20 == 0 then t:image { "fat", "mkdir", disk, "/" .. folder .. "/D" .. number // 20 } end
    x = (x * 1103515245 + 12345) % 2147483648
    local size = math.min(4096 + x % 600000, bytes - made + 4096)
    local parts = {}
    for block = 1, size // 4096 + 1 do parts[block] = string.format("%06d%06d", number, block) .. base:sub(13) end
    local content = table.concat(parts):sub(1, size)
    local path = "/" .. folder .. "/D" .. number // 20 .. "/F" .. number .. ".DAT"
    t:image { "fat", "put", disk, t:tmp("file.dat", { content = content }), path }
    names[#names + 1] = { path = path, content = content }
    made = made + size
  end
  return names
end

for format in ("growable,vmdk,raw,vhd"):gmatch("%a+") do
  test("DOS deletes a tree: " .. format, { timeout = 3600, wall_timeout = 3000, tags = { "boot" } }, function(t)
    local wanted = "," .. t:param("formats", "growable") .. ","
    if not wanted:find("," .. format .. ",", 1, true) then t:skip("not asked for: -D formats=") end
    local floppy = t:need(t:param("images", "../../../shared/images") .. "/freedos-144.img")
    local size = tonumber(t:param("mb", "3")) * 1000000
    local source, target = t:tmp("source.img"), t:tmp("target." .. (format == "growable" and "gix" or format))
    t:image { "create-disk", "-f", "raw", "--size", "80M", "--label", "SOURCE", source }
    t:image { "create-disk", "-f", format, "--size", "80M", "--label", "TARGET", target }
    tree(t, source, "TREE", size, 1)
    local kept = tree(t, target, "KEEP", size // 2, 2)      -- what must not change

    local m = t:machine {
      boot = "a", mips = 100,
      drive = { { bus = "fd0", file = floppy, mode = "discard" },
                { bus = "ide0.0", file = target, fat_free = "live" },
                { bus = "ide0.1", file = source, mode = "ro" } } }
    m:expect("A:\\>", 60)
    m:type("c:\n")
    m:expect("C:\\>", 30)
    local hd = m:disk("ide0.0")
    local before = hd:stats()
    m:type("a:\\dos\\xcopy d:\\tree c:\\tree\\ /s /e\n")
    m:expect({ "file(s) copied", "C:\\>" }, 1800)
    m:run(12)                                               -- everything is on the host's disk
    local full = hd:stats()
    m:type("a:\\dos\\deltree /y c:\\tree\n")
    m:expect("[ENTER]", 60)                                 -- it asks all the same for what lies in the root
    m:type("y\n")
    m:expect("C:\\>", 600)
    m:run(12)                                               -- the stated grace: 3 s without a FAT write, and a commit
    local after = hd:stats()
    t:log(string.format("%s: %d KiB before, %d with the tree, %d without it", format, before.host_bytes // 1024,
                        full.host_bytes // 1024, after.host_bytes // 1024))
    t:lt(before.host_bytes + size * 0.9, full.host_bytes)
    t:lt(after.host_bytes, before.host_bytes * 1.05)
    t:lt(size * 0.9, after.sectors_released * 512)
    m:type("a:\\dos\\chkdsk c:\n")
    m:expect("total drive size", 600)
    m:expect("number of free clusters", 60)
    local report = m:screen():lower()
    for _, word in ipairs { "lost", "cross", "error", "bad" } do
      t:ok(not report:find(word), "CHKDSK found something " .. word)
    end
    m:expect("C:\\>", 60)
    m:poweroff()
    for _, file in ipairs(kept) do
      t:ok(t:image { "fat", "cat", target, file.path } == file.content, file.path .. " is not what it was")
    end
    t:image { "check", "-f", format, target }
  end)
end
