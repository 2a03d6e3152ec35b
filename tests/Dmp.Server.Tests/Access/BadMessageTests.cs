using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>What is no message of the contract at all.</summary>
public sealed class BadMessageTests(Platform platform)
{
    private static readonly Marshaller<byte[]> bytes = Marshallers.Create(value => value, value => value);

    private static readonly Method<byte[], byte[]> getRecord =
        new(MethodType.Unary, "dmp.record.v1.RecordService", "GetRecord", bytes, bytes);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Malformed =>
    [
        "0A", // field 1, length missing
        "0A7F41", // length beyond the end
        "0A04FFFEFDFC", // field 1 is a string, and these bytes are no UTF-8
        "FFFFFFFFFFFFFFFFFFFFFF", // no tag
        "0B", // a group that never ends
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public Task Bytes_that_are_no_message(string hex) => Refusals.RefusedAsync(
        StatusCode.InvalidArgument, ErrorReason.MessageMalformed, () => SendAsync(Convert.FromHexString(hex)));

    [Fact]
    public Task A_message_of_two_megabytes() => Refusals.RefusedAsync(
        StatusCode.ResourceExhausted, ErrorReason.MessageTooLarge, () => SendAsync(new byte[2_000_000]));

    [Fact]
    public async Task Headers_of_200_kilobytes_are_refused_and_the_connection_goes_on()
    {
        using var channel = platform.Server.OpenChannel();
        var api = new DmpApi(channel, platform.Callers.Token(TestProfessional.New()));
        var headers = new Metadata { { "x-large", new string('x', 200_000) } };
        await Refusals.RefusedAsync(StatusCode.ResourceExhausted, ErrorReason.HeadersTooLarge, async () =>
            await api.Records.ListRecordsAsync(new(), headers, cancellationToken: Token));
        await api.Records.ListRecordsAsync(new(), cancellationToken: Token);
    }

    [Fact]
    public async Task A_frame_that_announces_more_than_comes()
    {
        using var http = new HttpClient();
        using var content = new ByteArrayContent([0, 0, 0, 0, 50, 10, 4, 65]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(platform.Server.Address, "/dmp.record.v1.RecordService/GetRecord"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.Add("te", "trailers");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", platform.Callers.Token(TestProfessional.New()));
        using var response = await http.SendAsync(request, Token);
        await response.Content.ReadAsByteArrayAsync(Token);
        var status = response.Headers.TryGetValues("grpc-status", out var early)
            ? early.Single()
            : response.TrailingHeaders.GetValues("grpc-status").Single();
        Assert.Equal("3", status);
    }

    [Fact]
    public async Task No_answer_repeats_what_was_sent()
    {
        var patient = TestPatient.New();
        var request = Given.OpenRequest(patient);
        request.Traits.BirthDate = "pas une date";
        request.Traits.BirthFamilyName = new string('Z', 500);
        var status = await Refusals.RefusedAsync(StatusCode.InvalidArgument, ErrorReason.FieldsInvalid, async () =>
            await platform.As(TestProfessional.New()).Records.OpenRecordAsync(request, cancellationToken: Token));
        var told = Encoding.UTF8.GetString(status.ToByteArray());
        Assert.DoesNotContain(patient.Number, told, StringComparison.Ordinal);
        Assert.DoesNotContain("ZZZ", told, StringComparison.Ordinal);
        Assert.DoesNotContain("pas une date", told, StringComparison.Ordinal);
    }

    private async Task SendAsync(byte[] message) =>
        await platform.As(TestProfessional.New()).Invoker.AsyncUnaryCall(
            getRecord, null, new CallOptions(cancellationToken: Token), message);
}
