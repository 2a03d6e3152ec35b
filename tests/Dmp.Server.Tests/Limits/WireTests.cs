using System.Buffers;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Messages;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Limits;

/// <summary>Messages as no client of ours writes them, byte by byte.</summary>
public sealed class WireTests(Platform platform)
{
    private static readonly Marshaller<byte[]> bytes = Marshallers.Create(value => value, value => value);

    private static readonly MessageLimits search = MessageLimits.Of(SearchDocumentsRequest.Descriptor);

    [Fact]
    public void What_has_no_fault_is_the_same_without_it()
    {
        var request = new SearchDocumentsRequest
        {
            RecordId = Given.NewId(),
            Types_ = { new Coding { System = "1.2", Code = "x" } },
            Statuses = { DocumentStatus.Approved },
        };
        Assert.Empty(MessageScan.Faults(Sent(request), search));
        Assert.Equal(request, SearchDocumentsRequest.Parser.ParseFrom(MessageScan.Good(Sent(request), search).Span));
    }

    [Fact]
    public void Only_what_is_bad_is_left_out()
    {
        var request = new SearchDocumentsRequest { RecordId = "r", UniqueId = "a\0b", PageSize = 7 };
        request.Types_.Add(new Coding { System = "1.2", Code = "x\u202e", Display = "d" });
        request.Statuses.AddRange(Enumerable.Repeat(DocumentStatus.Approved, 21));
        Assert.Equal(
            ["statuses", "types[0].code", "unique_id"], MessageScan.Faults(Sent(request), search).Select(fault => fault.PathFrom(0)));
        var good = new SearchDocumentsRequest { RecordId = "r", PageSize = 7, Types_ = { new Coding { System = "1.2", Display = "d" } } };
        Assert.Equal(good, SearchDocumentsRequest.Parser.ParseFrom(MessageScan.Good(Sent(request), search).Span));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_list_is_counted_however_it_is_written(bool isPacked)
    {
        using var message = new MemoryStream();
        var output = new CodedOutputStream(message);
        for (var i = 0; i < 21; i++)
        {
            if (isPacked)
            {
                // In many short pieces.
                output.WriteTag(4, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(1));
            }
            else
            {
                output.WriteTag(4, WireFormat.WireType.Varint);
                output.WriteInt32(1);
            }
        }

        output.Flush();
        Assert.Equal("statuses", Assert.Single(MessageScan.Faults(new(message.ToArray()), search)).PathFrom(0));
    }

    [Fact]
    public void One_message_in_pieces_is_a_fault_because_its_lists_add_up()
    {
        var traits = new OpenRecordRequest { Traits = new IdentityTraits { BirthGivenNames = { Enumerable.Repeat("A", 20) } } };
        byte[] twice = [.. traits.ToByteArray(), .. traits.ToByteArray()];
        Assert.Equal("traits", Assert.Single(MessageScan.Faults(new(twice), MessageLimits.Of(OpenRecordRequest.Descriptor))).PathFrom(0));
    }

    [Fact]
    public void Segments_do_not_matter()
    {
        var request = new SearchDocumentsRequest
        {
            RecordId = Given.NewId(),
            UniqueId = "1.2.3\u200b",
            Types_ = { new Coding { System = "1.2", Code = "é" } },
        };
        var sent = request.ToByteArray();
        for (var cut = 1; cut < sent.Length; cut++)
        {
            var first = new Segment(sent.AsMemory(0, cut), null);
            var last = new Segment(sent.AsMemory(cut), first);
            var pieces = new ReadOnlySequence<byte>(first, 0, last, sent.Length - cut);
            Assert.Equal("unique_id", Assert.Single(MessageScan.Faults(pieces, search)).PathFrom(0));
            Assert.Equal(request.Types_, SearchDocumentsRequest.Parser.ParseFrom(MessageScan.Good(pieces, search).Span).Types_);
        }
    }

    [Fact]
    public async Task Unknown_fields_without_end_cost_nothing_and_change_nothing()
    {
        var record = await platform.RecordAsync();
        using var message = new MemoryStream();
        var output = new CodedOutputStream(message);
        for (var number = 1000; number < 200_000; number++)
        {
            output.WriteTag(number, WireFormat.WireType.Varint);
            output.WriteInt32(1);
        }

        output.Flush();
        byte[] sent = [.. new GetRecordRequest { RecordId = record.Id }.ToByteArray(), .. message.ToArray()];
        var answer = GetRecordResponse.Parser.ParseFrom(await CallAsync(platform.As(record.Physician), sent));
        Assert.Equal(record.Id, answer.Record.RecordId);
    }

    [Fact]
    public async Task Groups_nested_without_end_are_no_message() => await Refusals.RefusedAsync(
        StatusCode.InvalidArgument,
        ErrorReason.MessageMalformed,
        () => CallAsync(platform.As(TestProfessional.New()), [.. Enumerable.Repeat((byte)0x7B, 400_000)]));

    [Fact]
    public async Task The_refusal_of_a_message_is_an_event_of_the_record_it_names()
    {
        var record = await platform.RecordAsync();
        await Refusals.FieldsAsync(
            async () => await platform.As(record.Physician).Documents.SearchDocumentsAsync(
                new SearchDocumentsRequest { RecordId = record.Id, AuthorId = "\u202e" }, cancellationToken: Given.Token),
            "author_id");
        var trace = await platform.As(record.Patient).Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id }, cancellationToken: Given.Token);
        Assert.Contains(
            trace.Events, one => one.Method.EndsWith("SearchDocuments", StringComparison.Ordinal) && one.Reason == "FIELDS_INVALID");
    }

    [Fact]
    public async Task Names_and_titles_with_what_nobody_sees_are_refused_by_their_path()
    {
        foreach (var name in new[] { "DU\u202ePONT", "DU\u200bPONT", " DUPONT", "DUPONT ", "DUPONT😀" })
        {
            var request = Given.OpenRequest(TestPatient.New());
            request.Traits.BirthFamilyName = name;
            await Refusals.FieldsAsync(
                async () => await platform.As(TestProfessional.New()).Records.OpenRecordAsync(request, cancellationToken: Given.Token),
                "traits.birth_family_name");
        }

        var record = await platform.RecordAsync();
        foreach (var title in new[] { " ", "CR \u202eabc", "CR\ufffe" })
        {
            await Refusals.FieldsAsync(
                () => platform.As(record.Physician).UploadAsync(record.Id, intent => intent.Metadata.Title = title), "metadata.title");
        }
    }

    private static ReadOnlySequence<byte> Sent(IMessage message) => new(message.ToByteArray());

    private static async Task<byte[]> CallAsync(DmpApi api, byte[] message) => await api.Invoker.AsyncUnaryCall(
        new Method<byte[], byte[]>(MethodType.Unary, "dmp.record.v1.RecordService", "GetRecord", bytes, bytes), null,
        new(cancellationToken: Given.Token), message);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }
}
