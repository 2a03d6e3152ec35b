using System.Security.Cryptography;
using System.Text;
using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Record.V1;
using Dmp.Type.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using StoredDocument = Dmp.Document.V1.Document;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>A record with its patient, and the professional who opened it and is authorised.</summary>
internal sealed record OpenedRecord(TestPatient Patient, TestProfessional Physician, Record.V1.Record Record)
{
    public string Id => Record.RecordId;
}

/// <summary>Ways to get a platform into a state, always through its own calls.</summary>
internal static class Given
{
    public static readonly Coding ReportType = new() { System = "2.16.840.1.113883.6.1", Code = "11488-4" };

    /// <summary>What was told of changes, in or out of order: a row is in one of both tables, never in both or none.</summary>
    public const string Changes =
        """
        (
            select kind, record_id, document_id, hidden_from_representatives from outbox
            union all
            select kind, record_id, document_id, hidden_from_representatives from change
        ) told
        """;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static string NewId() => Guid.NewGuid().ToString();

    public static OpenRecordRequest OpenRequest(TestPatient patient) => new()
    {
        Ins = patient.Ins,
        Traits = patient.Traits,
        IdentityStatus = IdentityStatus.Qualified,
        PatientInformed = true,
        RequestId = NewId(),
    };

    /// <summary>Opens a record; the physician declares the patient's consent.</summary>
    public static async Task<OpenedRecord> RecordAsync(this Platform platform, TestPatient? person = null)
    {
        var physician = TestProfessional.New();
        return await RecordAsync(platform.As(physician), person ?? TestPatient.New(), physician);
    }

    /// <summary>The same on a server whose readers have nothing else to read, with the client of the physician.</summary>
    public static async Task<(OpenedRecord Record, DmpApi Api)> RecordAsync(this TestServer server, Platform platform)
    {
        var physician = TestProfessional.New();
        DmpApi api = new(server.Channel, platform.Callers.Token(physician));
        return (await RecordAsync(api, TestPatient.New(), physician), api);
    }

    private static async Task<OpenedRecord> RecordAsync(DmpApi api, TestPatient patient, TestProfessional physician)
    {
        var opened = await api.Records.OpenRecordAsync(OpenRequest(patient), cancellationToken: Token);
        await api.DeclareAsync(opened.Record.RecordId);
        return new OpenedRecord(patient, physician, opened.Record);
    }

    public static async Task<Consent.V1.Consent> DeclareAsync(this DmpApi api, string recordId, bool attending = false) =>
        (await api.Consents.DeclareConsentAsync(
            new DeclareConsentRequest
            {
                RecordId = recordId,
                Collection = ConsentCollection.PatientPresent,
                AttendingPhysician = attending,
                RequestId = NewId(),
            },
            cancellationToken: Token)).Consent;

    /// <summary>Another professional whom the patient has authorised.</summary>
    public static async Task<TestProfessional> ColleagueAsync(
        this Platform platform, OpenedRecord record, bool attending = false, TestProfessional? who = null)
    {
        var colleague = who ?? TestProfessional.New();
        await platform.As(colleague).DeclareAsync(record.Id, attending);
        return colleague;
    }

    public static UploadIntent Intent(string recordId, string mediaType = "text/plain") => new()
    {
        RecordId = recordId,
        RequestId = NewId(),
        Metadata = new DocumentMetadata
        {
            Type = ReportType,
            Title = "Compte rendu",
            MediaType = mediaType,
            CreationTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 10, 0, 0, TimeSpan.Zero)),
            ServiceStartTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 5, 4, 9, 30, 0, TimeSpan.Zero)),
        },
    };

    public static byte[] Text(int size = 100) => Encoding.ASCII.GetBytes(RandomNumberGenerator.GetString("abcdefghijklmnop \n", size));

    /// <summary>Sends a whole document and returns what the platform made of it.</summary>
    public static async Task<StoredDocument> UploadAsync(this DmpApi api, UploadIntent intent, byte[] content)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var call = api.Documents.UploadDocument(cancellationToken: Token);
            await call.RequestStream.OfferAsync(new UploadDocumentRequest { Intent = intent });
            await call.SendAsync(content);
            await call.RequestStream.OfferAsync(Finish(content));
            await call.RequestStream.CompleteAsync();
            try
            {
                return await call.DocumentAsync();
            }
            catch (RpcException lost) when (attempt < 5 && lost is { StatusCode: StatusCode.Cancelled } && lost.GetRpcStatus() is null)
            {
                // The client of HTTP/2 may lose the answer of a call that ended while it was still sending.
            }
        }
    }

    public static Task<StoredDocument> UploadAsync(this DmpApi api, string recordId, Action<UploadIntent>? change = null)
    {
        var intent = Intent(recordId);
        change?.Invoke(intent);
        return api.UploadAsync(intent, Text());
    }

    public static async Task SendAsync(
        this AsyncDuplexStreamingCall<UploadDocumentRequest, UploadDocumentResponse> call, byte[] content, int chunkBytes = 64 * 1024)
    {
        for (var offset = 0; offset < content.Length; offset += chunkBytes)
        {
            await call.RequestStream.OfferAsync(
                new UploadDocumentRequest
                {
                    Chunk = new UploadChunk
                    {
                        WriteOffset = offset,
                        Data = ByteString.CopyFrom(content, offset, Math.Min(chunkBytes, content.Length - offset)),
                    },
                });
        }
    }

    /// <summary>
    /// Sends a message, unless the call has ended meanwhile, or its connection, which HTTP says in words of its own. Why it ended is what
    /// the reader of the answers finds.
    /// </summary>
    public static async Task OfferAsync<T>(this IClientStreamWriter<T> stream, T message)
    {
        try
        {
            await stream.WriteAsync(message, Token);
        }
        catch (Exception ended) when (ended is RpcException or InvalidOperationException or HttpRequestException or IOException)
        {
            // The status is read with the answers.
        }
    }

    public static UploadDocumentRequest Finish(byte[] content) => new()
    {
        Finish = new UploadFinish { Sha256 = ByteString.CopyFrom(SHA256.HashData(content)), SizeBytes = content.Length },
    };

    public static async Task<StoredDocument> DocumentAsync(
        this AsyncDuplexStreamingCall<UploadDocumentRequest, UploadDocumentResponse> call)
    {
        StoredDocument? document = null;
        await foreach (var response in call.ResponseStream.ReadAllAsync(Token))
        {
            document = response.Document ?? document;
        }

        return document ?? throw new InvalidOperationException("The upload ended without a document.");
    }

    public static async Task<byte[]> ReadAsync(this DmpApi api, StoredDocument document, Action<ReadDocumentRequest>? change = null)
    {
        var request = new ReadDocumentRequest { RecordId = document.RecordId, DocumentId = document.DocumentId };
        change?.Invoke(request);
        using var call = api.Documents.ReadDocument(request, cancellationToken: Token);
        using var content = new MemoryStream();
        await foreach (var response in call.ResponseStream.ReadAllAsync(Token))
        {
            if (response.Chunk is { } chunk)
            {
                Assert.Equal(request.ReadOffset + content.Length, chunk.ReadOffset);
                content.Write(chunk.Data.Span);
            }
        }

        return content.ToArray();
    }

    public static async Task<List<string>> SearchIdsAsync(this DmpApi api, string recordId, Action<SearchDocumentsRequest>? change = null)
    {
        var request = new SearchDocumentsRequest { RecordId = recordId };
        change?.Invoke(request);
        var found = await api.Documents.SearchDocumentsAsync(request, cancellationToken: Token);
        return [.. found.Documents.Select(document => document.DocumentId)];
    }
}
