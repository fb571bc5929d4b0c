-- wrk sends each request with the next of the cookies in the file.
local cookies, n = {}, 0

function init(args)
	for line in io.lines(args[1]) do
		cookies[#cookies + 1] = line
	end
end

function request()
	n = n % #cookies + 1
	wrk.headers["Cookie"] = cookies[n]
	return wrk.format()
end
