using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Dmp.Storage;

/// <summary>What an object is; metadata of every object, because the bytes of a document could look like anything.</summary>
internal enum S3Kind
{
    /// <summary>Bytes: a whole blob, or a piece of one.</summary>
    Content,

    /// <summary>An <see cref="S3Manifest"/>.</summary>
    Manifest,

    /// <summary>In the place of a blob that is being removed before it was ever committed.</summary>
    Tombstone,
}

/// <summary>An object without its bytes.</summary>
internal readonly record struct S3Head(S3Kind Kind, string ETag, long Length, DateTimeOffset LastWriteTime);

/// <summary>An object in a listing.</summary>
internal readonly record struct S3Entry(string Key, string ETag, long Length, DateTimeOffset LastWriteTime);

/// <summary>
/// The requests that the store makes. Each ends within a bound of time, and every failure is a <see cref="ContentUnavailableException"/>.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    private const string KindKey = "dmp-kind";
    private const string AttemptKey = "dmp-attempt";

    /// <summary>Requests at once for one deletion of many objects.</summary>
    private const int DeletionsAtOnce = 8;

    private static readonly TimeSpan pauseUnread = TimeSpan.FromMilliseconds(100);

    private readonly AmazonS3Client client;
    private readonly string bucket;
    private readonly TimeSpan attemptLimit;
    private readonly TimeSpan callLimit;
    private readonly int retries;

    public S3Bucket(S3Options options)
    {
        bucket = options.Bucket!;
        attemptLimit = options.Timeout;
        retries = options.Retries;
        // The attempts and the pauses between them.
        callLimit = attemptLimit * (retries + 2);
        var config = new AmazonS3Config
        {
            Timeout = attemptLimit,
            MaxErrorRetry = retries,
            RetryMode = RequestRetryMode.Standard,
            ForcePathStyle = options.PathStyle ?? !string.IsNullOrEmpty(options.Endpoint),
            // Bytes are protected by the SHA-256 in the signature of each request, which every server verifies. Checksums in
            // trailers, the default of the SDK, are not understood by all.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (string.IsNullOrEmpty(options.Endpoint))
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }
        else
        {
            config.ServiceURL = options.Endpoint;
            config.AuthenticationRegion = string.IsNullOrEmpty(options.Region) ? "us-east-1" : options.Region;
        }

        client = string.IsNullOrEmpty(options.AccessKey)
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(options.AccessKey, options.SecretKey), config);
    }

    public void Dispose() => client.Dispose();

    /// <summary>Writes an object, over one that is there. Answers its ETag.</summary>
    public Task<string> PutAsync(string key, S3Kind kind, byte[] buffer, int count, CancellationToken cancellationToken) =>
        CallAsync("write", async ct => Bare((await client.PutObjectAsync(Put(key, kind, buffer, count), ct)).ETag), cancellationToken);

    /// <summary>Writes an object unless one is there; the server decides, once. Null when there is one.</summary>
    public Task<string?> PutNewAsync(string key, S3Kind kind, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        // However often it is asked: what was written by an answer that was lost is known again.
        var attempt = Guid.NewGuid().ToString();
        return CallAsync("write", ct => PutNewOnceAsync(key, kind, buffer, count, attempt, ct), cancellationToken);
    }

    /// <summary>Null when there is no such object; a bucket that is gone is a failure.</summary>
    public Task<S3Head?> HeadAsync(string key, CancellationToken cancellationToken) => CallAsync<S3Head?>(
        "look up an object",
        async ct => await MetadataAsync(key, ct) is { } head
            ? new S3Head(KindOf(key, head.Metadata), Bare(head.ETag), head.ContentLength, UtcOf(head.LastModified))
            : null,
        cancellationToken);

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/> of exactly this version of the object.</summary>
    public Task ReadAsync(string key, string etag, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => CallAsync(
        "read",
        async ct =>
        {
            var filled = 0;
            for (var attempt = 0; filled < buffer.Length; attempt++)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                limit.CancelAfter(attemptLimit);
                try
                {
                    var range = new ByteRange(offset + filled, offset + buffer.Length - 1);
                    using var response = await client.GetObjectAsync(
                        new GetObjectRequest { BucketName = bucket, Key = key, EtagToMatch = $"\"{etag}\"", ByteRange = range },
                        limit.Token);
                    while (filled < buffer.Length)
                    {
                        var read = await response.ResponseStream.ReadAsync(buffer[filled..], limit.Token);
                        filled += read > 0 ? read : throw new EndOfStreamException("The answer ended early.");
                    }
                }
                catch (Exception broken) when (attempt < retries && !ct.IsCancellationRequested
                    && broken is IOException or HttpRequestException or SocketException or OperationCanceledException)
                {
                    // The SDK tries again until an answer begins; a body that breaks off or stalls is taken up here.
                }
            }

            return filled;
        },
        cancellationToken);

    /// <summary>All objects below a prefix, in the order of their keys.</summary>
    public async IAsyncEnumerable<S3Entry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await CallAsync("be listed", ct => client.ListObjectsV2Async(request, ct), cancellationToken);
            foreach (var item in page.S3Objects ?? [])
            {
                yield return new S3Entry(item.Key, Bare(item.ETag), item.Size ?? 0, UtcOf(item.LastModified));
            }

            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    /// <summary>Absent is fine.</summary>
    public Task DeleteAsync(string key, CancellationToken cancellationToken) =>
        CallAsync(
            "delete", ct => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = bucket, Key = key }, ct), cancellationToken);

    public async Task DeleteAsync(IAsyncEnumerable<string> keys, CancellationToken cancellationToken) => await Parallel.ForEachAsync(
        keys,
        new ParallelOptions { MaxDegreeOfParallelism = DeletionsAtOnce, CancellationToken = cancellationToken },
        async (key, ct) => await DeleteAsync(key, ct));

    private async Task<string?> PutNewOnceAsync(string key, S3Kind kind, byte[] buffer, int count, string attempt, CancellationToken ct)
    {
        var request = Put(key, kind, buffer, count);
        request.IfNoneMatch = "*";
        request.Metadata.Add(AttemptKey, attempt);
        try
        {
            return Bare((await client.PutObjectAsync(request, ct)).ETag);
        }
        catch (AmazonS3Exception refusal) when (refusal.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
        {
            // It may be our own: the first answer was lost, and it was asked again.
            return await MetadataAsync(key, ct) is { } there && there.Metadata[AttemptKey] == attempt ? Bare(there.ETag) : null;
        }
    }

    private async Task<GetObjectMetadataResponse?> MetadataAsync(string key, CancellationToken ct)
    {
        try
        {
            return await client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = bucket, Key = key }, ct);
        }
        catch (AmazonS3Exception absent) when (absent.StatusCode == HttpStatusCode.NotFound)
        {
            // The answer has no body that says whether the object or the bucket is missing. A listing does.
            await client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = bucket, Prefix = key, MaxKeys = 1 }, ct);
            return null;
        }
    }

    private PutObjectRequest Put(string key, S3Kind kind, byte[] buffer, int count)
    {
        var request = new PutObjectRequest
        {
            BucketName = bucket,
            Key = key,
            InputStream = new MemoryStream(buffer, 0, count, writable: false),
            ContentType = "application/octet-stream",
            // One signature over all bytes, in the header.
            UseChunkEncoding = false,
        };
        request.Metadata.Add(KindKey, kind.ToString());
        return request;
    }

    private static S3Kind KindOf(string key, MetadataCollection metadata) => Enum.TryParse<S3Kind>(metadata[KindKey], out var kind)
        ? kind
        : throw new ContentUnavailableException($"The object {key} is not one that this store wrote.");

    // Servers differ in where they put quotation marks.
    private static string Bare(string etag) => etag.Trim('"');

    private static DateTimeOffset UtcOf(DateTime? time) => time is { } known ? new DateTimeOffset(known.ToUniversalTime()) : default;

    private async Task<T> CallAsync<T>(string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(callLimit);
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    return await call(limit.Token);
                }
                catch (Exception failure) when (attempt < retries && MayAskAgain(failure))
                {
                    await Task.Delay(pauseUnread * (attempt + 1), limit.Token);
                }
            }
        }
        catch (Exception exception) when (IsFailure(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new ContentUnavailableException($"The object store cannot {what}.", exception);
        }
        catch (Exception exception) when (IsFailure(exception))
        {
            // What the SDK throws for a caller that is gone depends on where the request was.
            throw new OperationCanceledException("The caller is gone.", exception, cancellationToken);
        }
    }

    // A server that refuses a request says why. One that could not read it from the line answers 400 and no more (radosgw under load); the
    // SDK takes that for a refusal and does not try again. Nor does it when a connection ends while it is made, which is not always wrapped
    // (SocketException).
    private static bool MayAskAgain(Exception exception) => exception is SocketException
        || exception is AmazonS3Exception { StatusCode: HttpStatusCode.BadRequest } refused
            && (string.IsNullOrEmpty(refused.ErrorCode) || refused.ErrorCode == nameof(HttpStatusCode.BadRequest));

    private static bool IsFailure(Exception exception) => exception
        is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or SocketException or TimeoutException
        or OperationCanceledException;
}
