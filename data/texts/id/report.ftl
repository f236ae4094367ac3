# Mengumpulkan laporan: satu pertanyaan setiap kali.

ask_description = Silakan ceritakan masalahnya: apa yang terjadi dan di mana?

ask_category = Laporan ini paling cocok masuk kategori mana?
ask_category_words = Kategori apa yang lebih tepat? Tulis dengan kata sendiri, misalnya *jembatan* atau *sampah*.

ask_place = Di mana lokasinya? Tulis nama desa dan jalannya, atau patokan yang dekat. Bisa juga kirim lokasi.
ask_place_again = Maaf, lokasi itu belum saya kenali. Tulis nama desa atau kecamatannya, atau kirim lokasi: tekan lampiran (gambar klip), pilih *Lokasi*, lalu kirim.
ask_place_detail = Lokasinya di { $place }. Di jalan atau dekat patokan apa tepatnya?
ask_place_one = Maksud Bapak/Ibu { $place }?
ask_place_which = Lokasi mana yang Bapak/Ibu maksud?
place_outside =
    { $outside } tampaknya di luar Kabupaten Kutai Timur. Untuk daerah itu, Bapak/Ibu bisa melapor di lapor.go.id, yang melayani seluruh Indonesia.

    Isi laporan ini tetap kami simpan. Apakah lokasinya mau diganti?

ask_photo = Ada fotonya? Kirim satu sampai lima foto, atau pilih *Lewati*.
ask_photo_send = Silakan kirim fotonya sekarang, atau pilih *Lewati*.
file_kept =
    { $kind ->
        [video] Videonya kami simpan sebagai lampiran.
       *[document] Dokumennya kami simpan sebagai lampiran.
    }
photo_enough = Fotonya sudah cukup; yang dipakai { $most } foto pertama.
file_enough = Sudah ada { $most } berkas di laporan ini. Berkas yang baru tidak ikut disimpan.
photo_not_a_picture = Maaf, berkas itu tidak bisa dibuka sebagai foto. Mohon kirim sebagai foto biasa.
photo_too_big = Maaf, fotonya terlalu besar. Mohon kirim ulang sebagai foto biasa, bukan sebagai dokumen.
photo_too_many_pixels = Maaf, ukuran gambarnya terlalu besar. Mohon kirim ulang sebagai foto biasa, bukan sebagai dokumen.
photo_unavailable = Maaf, fotonya belum sampai. Mohon kirim sekali lagi.

summary =
    Mohon diperiksa dulu:

    { $classification }: { $category }
    Lokasi: { $has_place ->
        [yes] { $has_detail ->
            [yes] { $detail }, { $place }
           *[no] { $place }
        }
       *[no] { $has_detail ->
            [yes] { $detail }
           *[no] belum disebutkan
        }
    }{ $pin ->
        [yes] {" "}(titik peta terlampir)
       *[no] {""}
    }{ $uncertain ->
        [yes] {" "}(*lokasi belum pasti*)
       *[no] {""}
    }
    Isi: { $description }
    Tanggal: { $date }
    Foto: { $photos ->
        [0] tidak ada
       *[other] { $photos }
    }{ $files ->
        [0] {""}
       *[other] , serta { $files } video atau dokumen
    }
    Nama: { $anonymity ->
        [anonim] *anonim*, nama tidak ditampilkan kepada instansi dan umum
        [rahasia] *rahasia*, isi laporan tidak ditampilkan kepada umum
       *[none] { $has_reporter ->
            [yes] { $reporter }, terlihat oleh instansi
           *[no] belum ada nama
        }
    }{ $anonymity ->
        [none] { $has_phone ->
            [yes] {"\u000A"}Telepon: { $phone }
           *[no] {""}
        }
       *[other] {""}
    }

    Pilih *Kirim* kalau sudah benar.

ask_change = Bagian mana yang mau diubah?
ask_new_description = Silakan tulis isi laporan yang baru.
ask_date = Kapan kejadiannya? Misalnya *kemarin*, *3 hari lalu*, atau *5 Mei*.
ask_date_again = Maaf, tanggalnya belum saya pahami. Mohon tulis seperti *kemarin* atau *5 Mei*.
ask_new_photos = Foto yang lama tidak jadi dipakai. Kirim foto yang baru, atau pilih *Lewati*.
ask_reporter = Atas nama siapa laporan ini? Cukup nama panggilan.
ask_phone = Nomor telepon mana yang bisa dihubungi? Boleh juga dilewati.
ask_phone_again = Nomornya belum terbaca. Mohon tulis angkanya saja, atau tekan *Lewati*.
ask_anonymity =
    Siapa yang boleh melihat?

    {"*"}Anonim*: nama Bapak/Ibu disembunyikan dari instansi dan umum.
    {"*"}Rahasia*: isi laporan disembunyikan dari umum.
    {"*"}Tampilkan nama*: nama terlihat oleh instansi yang menangani.
anonymity_noted =
    { $anonymity ->
        [rahasia] Baik, isi laporan ini tidak akan ditampilkan kepada umum.
        [anonim] Baik, nama Bapak/Ibu tidak ditampilkan kepada instansi dan umum.
       *[none] Baik, nama Bapak/Ibu ditampilkan kepada instansi.
    }

nothing_more = Baik, Bapak/Ibu. Kalau ada hal lain, silakan tulis kapan saja.
place_noted = Baik, lokasinya saya catat.
words_noted = Baik, keterangan itu saya tambahkan.

filed = Terima kasih, laporan Bapak/Ibu kami terima dengan nomor *{ $ticket }*. Nomor pelacakan SP4N-LAPOR! menyusul di sini. Untuk mengeceknya, tulis *status* kapan saja.

similar =
    { $whose ->
        [own] Bapak/Ibu sudah melaporkan hal serupa dengan nomor *{ $ticket }*:
        [supported] Bapak/Ibu sudah mendukung laporan serupa:
       *[other] Sudah ada laporan serupa:
    } { $category }{ $has_street ->
        [yes] , { $street }
       *[no] {""}
    }{ $has_place ->
        [yes] , { $place }
       *[no] {""}
    }, dikirim { $filed_day }, statusnya *{ $state }*.

    { $whose ->
        [other] Mau ikut mendukung laporan itu? Kalau masalahnya lain, pilih *Laporan baru*.
       *[own] Mau membuat laporan baru?
    }
supported = Terima kasih, dukungan Bapak/Ibu dicatat dan terlihat oleh petugas. Masalah yang sama tidak perlu dilaporkan lagi.
edit_noted = Perubahan itu sudah dicatat di laporan yang belum dikirim.

cancelled = Baik, kita hentikan. Yang sudah ditulis kami simpan 23 jam, kalau-kalau mau dilanjutkan.
nothing_to_cancel = Tidak ada laporan yang sedang diisi. Ada yang bisa saya bantu?
starting_over = Baik, kita mulai dari awal.
offer_draft = Masih ada laporan yang belum dikirim: "{ $words }". Mau dilanjutkan?
offer_further = Bapak/Ibu tadi juga menyebut hal lain: "{ $words }". Mau dilaporkan juga?
draft_dropped = Baik, yang itu tidak dikirim. Kalau ada hal lain, silakan tulis kapan saja.
draft_kept = Baik, yang sudah ditulis tetap kami simpan. Pilih *Lanjutkan* kapan saja.
draft_closed = Laporan yang belum dikirim kami tutup dulu. Kalau masih perlu, pilih *Lanjutkan*.
reminder = Laporan Bapak/Ibu belum terkirim; yang sudah ditulis masih tersimpan.
